package mailwing.smtp.protocol;

/// An enhanced mail system status code such as `5.1.1` (RFC 3463).
public record EnhancedStatusCode(int statusClass, int subject, int detail) {

  /// Reads `class.subject.detail`.
  public static EnhancedStatusCode of(String text) {
    int first = text.indexOf('.');
    int second = text.indexOf('.', first + 1);
    return new EnhancedStatusCode(
        Integer.parseInt(text, 0, first, 10),
        Integer.parseInt(text, first + 1, second, 10),
        Integer.parseInt(text, second + 1, text.length(), 10));
  }

  @Override
  public String toString() {
    return statusClass + "." + subject + "." + detail;
  }
}
