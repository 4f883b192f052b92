"""The participants of a centre: the register, who is there twice, two people who become one."""
