package mailwing.bench;

/// A server under load: where it listens and how its accounts are named. In the patterns of login
/// names and addresses percent-d stands for the account's number.
///
/// @param first number of the first account
/// @param users accounts that mail is delivered to, the first ones; after them come those that are
///   read, and the one that has what is large
/// @param readers accounts that are read
public record Target(
    String host,
    int smtpPort,
    int imapPort,
    int pop3Port,
    String login,
    String recipient,
    String password,
    int first,
    int users,
    int readers) {

  /// @param user from 1
  String loginOf(int user) {
    return login.replace("%d", Integer.toString(first - 1 + user));
  }

  String recipientOf(int user) {
    return recipient.replace("%d", Integer.toString(first - 1 + user));
  }

  /// The account that connection number `index`, from 0, reads.
  int reader(int index) {
    return users + 1 + index;
  }

  /// The account that has large mailboxes and nothing else, so that a server that keeps what a
  /// user's programs have asked for has been asked for nothing.
  int large() {
    return reader(readers);
  }
}
