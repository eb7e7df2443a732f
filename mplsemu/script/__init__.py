"""A lab in a script or a test, on its program or on its running network."""
