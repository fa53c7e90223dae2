"""What all tests and the bench are made of: a real Asterisk, real WebSockets, real SIP calls, real AMI."""
