"""Which participants were there: on a phone, on paper, in teaching hours, and as a certificate."""
