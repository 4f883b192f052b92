"""Who goes where in a period: plans that the worker searches and a coordinator looks at, changes
and accepts. The search itself is `staffing.matching`; here is what it works on and what comes of
it.
"""
