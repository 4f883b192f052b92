// Reads calendars with ical.js: one JSON text a line in, one JSON list of events a line out.
"use strict";
const ICAL = require(process.argv[2]);
const lines = require("node:readline").createInterface({ input: process.stdin });

function textOf(event, name) {
  return event.getFirstPropertyValue(name) ?? "";
}

function millis(event, name) {
  return event.getFirstPropertyValue(name).toUnixTime() * 1000;
}

function lead(alarm) {
  return -alarm.getFirstPropertyValue("trigger").toSeconds();
}

function seen(event) {
  const categories = event.getFirstProperty("categories");
  return {
    uid: textOf(event, "uid"),
    starts_at: millis(event, "dtstart"),
    ends_at: millis(event, "dtend"),
    summary: textOf(event, "summary"),
    description: textOf(event, "description"),
    location: textOf(event, "location"),
    categories: categories ? categories.getValues() : [],
    status: textOf(event, "status"),
    sequence: event.getFirstPropertyValue("sequence"),
    stamped_at: millis(event, "dtstamp"),
    changed_at: millis(event, "last-modified"),
    rings: event.getAllSubcomponents("valarm").map(lead),
  };
}

lines.on("line", (line) => {
  ICAL.TimezoneService.reset(); // the zones of one calendar say nothing about those of another
  let answer;
  try {
    const calendar = new ICAL.Component(ICAL.parse(JSON.parse(line)));
    answer = { events: calendar.getAllSubcomponents("vevent").map(seen) };
  } catch (error) {
    answer = { error: String(error) };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
});
