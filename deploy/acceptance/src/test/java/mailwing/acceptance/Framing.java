package mailwing.acceptance;

/// How a protocol frames an exchange of SASL.
enum Framing {
  IMAP("imaps", "a AUTHENTICATE ", "+ ", "a OK", "a NO", ""),
  POP3("pop3s", "AUTH ", "+ ", "+OK", "-ERR", ""),
  SMTP("submissions", "AUTH ", "334 ", "235", "535", "EHLO client.test");

  final String port;
  final String command;
  final String challenge;
  final String success;
  final String failure;
  final String before;

  Framing(
      String port,
      String command,
      String challenge,
      String success,
      String failure,
      String before) {
    this.port = port;
    this.command = command;
    this.challenge = challenge;
    this.success = success;
    this.failure = failure;
    this.before = before;
  }
}
