package mailwing.testkit.imap;

/// A server said something that RFC 9051 §9, or an extension's syntax, does not allow.
public final class ImapGrammarException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public ImapGrammarException(String message) {
    super(message);
  }
}
