package mailwing.bench;

/// A server under load: where it listens and how its accounts are named. In the patterns of login
/// names and addresses percent-d stands for the account's number, from 1.
public record Target(
    String host,
    int smtpPort,
    int imapPort,
    int pop3Port,
    String login,
    String recipient,
    String password,
    int users) {

  String loginOf(int user) {
    return login.replace("%d", Integer.toString(user));
  }

  String recipientOf(int user) {
    return recipient.replace("%d", Integer.toString(user));
  }
}
