"""Training of the models that fieldtrail ships. Needs the packages of the extra ``train``; nothing else imports it."""
