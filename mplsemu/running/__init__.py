"""A running lab: boot it, find it, probe it, change it, tear it down."""
