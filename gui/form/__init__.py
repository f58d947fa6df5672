"""A form for the parameters of a protocol, made from their JSON schema."""
