"""What the integration tests are made of: a real Asterisk, real WebSockets, real SIP calls, real AMI."""
