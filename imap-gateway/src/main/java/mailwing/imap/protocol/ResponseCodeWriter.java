package mailwing.imap.protocol;

import java.io.IOException;
import java.util.List;

/// Writes response codes in their brackets.
final class ResponseCodeWriter {
  private final TokenWriter to;

  ResponseCodeWriter(TokenWriter to) {
    this.to = to;
  }

  void write(ResponseCode code) throws IOException {
    to.raw("[");
    switch (code) {
      case ResponseCode.Name name -> to.raw(name.wire());
      case ResponseCode.Capability c ->
          to.raw("CAPABILITY ").raw(String.join(" ", c.capabilities()));
      case ResponseCode.PermanentFlags c -> permanentFlags(c);
      case ResponseCode.UidNext c -> number("UIDNEXT ", c.uid());
      case ResponseCode.UidValidity c -> number("UIDVALIDITY ", c.uidValidity());
      case ResponseCode.Unseen c -> number("UNSEEN ", c.number());
      case ResponseCode.AppendUid c -> {
        number("APPENDUID ", c.uidValidity());
        to.sp().ranges(c.uids());
      }
      case ResponseCode.CopyUid c -> {
        number("COPYUID ", c.uidValidity());
        to.sp().ranges(c.source()).sp().ranges(c.destination());
      }
      case ResponseCode.HighestModSeq c -> number("HIGHESTMODSEQ ", c.modSeq());
      case ResponseCode.Modified c -> to.raw("MODIFIED ").ranges(c.messages());
      default -> rare(code);
    }
    to.raw("]");
  }

  private void rare(ResponseCode code) throws IOException {
    switch (code) {
      case ResponseCode.BadCharset c -> list("BADCHARSET", c.charsets());
      case ResponseCode.BadEvent c -> list("BADEVENT", c.events());
      case ResponseCode.MailboxId c -> to.raw("MAILBOXID (").raw(c.id()).raw(")");
      case ResponseCode.Metadata c -> {
        to.raw("METADATA ").raw(c.what());
        if (c.number() >= 0) {
          number(" ", c.number());
        }
      }
      case ResponseCode.BadUrl c -> url("BADURL ", c.url());
      case ResponseCode.UrlMech _ -> to.raw("URLMECH INTERNAL");
      case ResponseCode.Referral c -> url("REFERRAL ", c.url());
      case ResponseCode.NoUpdate c -> to.raw("NOUPDATE ").string(c.tag());
      case ResponseCode.UndefinedFilter c -> to.raw("UNDEFINED-FILTER ").raw(c.name());
      case ResponseCode.MessageLimit c -> {
        number("MESSAGELIMIT ", c.limit());
        if (c.uid() > 0) {
          number(" ", c.uid());
        }
      }
      case ResponseCode.InProgress c -> progress(c);
      default -> throw new IllegalStateException("no such code: " + code);
    }
  }

  private void number(String name, long number) throws IOException {
    to.raw(name).number(number);
  }

  private void permanentFlags(ResponseCode.PermanentFlags code) throws IOException {
    List<String> keywords = code.flags().keywords();
    to.raw("PERMANENTFLAGS ");
    to.flags(code.flags().system(), false, keywords, code.keywordsMayBeMade());
  }

  private void list(String name, List<String> items) throws IOException {
    to.raw(name);
    if (!items.isEmpty()) {
      to.raw(" (").raw(String.join(" ", items)).raw(")");
    }
  }

  /// A URL as it came, without the octets that may not stand between the brackets.
  private void url(String name, String url) throws IOException {
    StringBuilder kept = new StringBuilder();
    url.chars().filter(c -> c > 0x20 && c < 0x7f && c != ']').forEach(c -> kept.append((char) c));
    to.raw(name).raw(kept.isEmpty() ? "-" : kept.toString());
  }

  private void progress(ResponseCode.InProgress code) throws IOException {
    to.raw("INPROGRESS (").nstring(code.tag()).sp();
    progress(code.progress());
    to.sp();
    progress(code.goal());
    to.raw(")");
  }

  private void progress(long number) throws IOException {
    if (number < 0) {
      to.nil();
    } else {
      to.number(number);
    }
  }
}
