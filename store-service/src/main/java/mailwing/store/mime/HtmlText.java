package mailwing.store.mime;

/// Words of an HTML text.
final class HtmlText {
  private HtmlText() {}

  static String strip(String html) {
    return html;
  }
}
