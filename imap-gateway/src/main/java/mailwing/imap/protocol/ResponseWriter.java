package mailwing.imap.protocol;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;
import mailwing.gateway.OctetWriter;
import mailwing.imap.command.AnyStateCommand;
import mailwing.imap.command.FlagList;
import mailwing.imap.command.MailboxName;
import mailwing.imap.command.SequenceSet.Range;
import mailwing.imap.command.StatusItem;
import org.jspecify.annotations.Nullable;

/// Writes a server's answers (RFC 9051 §7) into the connection's buffer, strictly within the
/// grammar whatever the strings hold. The connection flushes.
public final class ResponseWriter {
  private final TokenWriter to;
  private final ResponseCodeWriter codes;
  private final StructureWriter structures;

  public ResponseWriter(OctetWriter out) {
    this.to = new TokenWriter(out);
    this.codes = new ResponseCodeWriter(to);
    this.structures = new StructureWriter(to);
  }

  /// UTF-8 in quoted strings and mailbox names from now on: ENABLE UTF8=ACCEPT or IMAP4rev2.
  public void utf8(boolean on) {
    to.utf8(on);
  }

  /// Structures as IMAP4rev2 tells them from now on.
  public void rev2(boolean on) {
    structures.rev2(on);
  }

  /// Speaks another language from now on (RFC 5255).
  public void speak(Texts texts) {
    to.speak(texts);
  }

  /// LANGUAGE (RFC 5255 §3.3): the one spoken now, or those there are.
  public void languages(List<String> tags) throws IOException {
    to.raw("* LANGUAGE (").raw(String.join(" ", tags)).raw(")").crlf();
  }

  /// Conditions of status responses (RFC 9051 §7.1).
  public enum Status {
    OK,
    NO,
    BAD,
    BYE,
    PREAUTH
  }

  /// A status response; untagged where the tag is null.
  public void status(@Nullable String tag, Status status, @Nullable ResponseCode code, String text)
      throws IOException {
    to.raw(tag == null ? "*" : tag).sp().raw(status.name()).sp();
    if (code != null) {
      codes.write(code);
      to.sp();
    }
    to.text(text).crlf();
  }

  public void ok(String tag, String text) throws IOException {
    status(tag, Status.OK, null, text);
  }

  public void ok(String tag, ResponseCode code, String text) throws IOException {
    status(tag, Status.OK, code, text);
  }

  public void no(String tag, @Nullable ResponseCode code, String text) throws IOException {
    status(tag, Status.NO, code, text);
  }

  public void bad(@Nullable String tag, String text) throws IOException {
    status(tag, Status.BAD, null, text);
  }

  public void untaggedOk(@Nullable ResponseCode code, String text) throws IOException {
    status(null, Status.OK, code, text);
  }

  /// A warning that does not end a command.
  public void untaggedNo(@Nullable ResponseCode code, String text) throws IOException {
    status(null, Status.NO, code, text);
  }

  public void bye(@Nullable ResponseCode code, String text) throws IOException {
    status(null, Status.BYE, code, text);
  }

  /// What the parser refused, answered; where it says so, with BYE behind.
  public void refused(Parsed.Refused refused) throws IOException {
    status(refused.tag(), refused.no() ? Status.NO : Status.BAD, refused.code(), refused.text());
    if (refused.close()) {
      bye(null, refused.text());
    }
  }

  /// Asks for a synchronising literal.
  public void continueLiteral() throws IOException {
    to.raw("+ OK").crlf();
  }

  /// `+ text`, as IDLE's.
  public void continueWith(String text) throws IOException {
    to.raw("+ ").text(text).crlf();
  }

  /// A SASL challenge, which may be empty (RFC 9051 §6.2.2).
  public void continueSasl(byte[] challenge) throws IOException {
    to.raw("+ ").raw(Base64.getEncoder().encodeToString(challenge)).crlf();
  }

  public void capability(List<String> capabilities) throws IOException {
    names("CAPABILITY", capabilities);
  }

  public void enabled(List<String> capabilities) throws IOException {
    names("ENABLED", capabilities);
  }

  private void names(String response, List<String> names) throws IOException {
    to.raw("* ").raw(response);
    for (String name : names) {
      to.sp().raw(name);
    }
    to.crlf();
  }

  public void exists(long messages) throws IOException {
    numbered(messages, " EXISTS");
  }

  public void recent(long messages) throws IOException {
    numbered(messages, " RECENT");
  }

  public void expunge(long number) throws IOException {
    numbered(number, " EXPUNGE");
  }

  private void numbered(long number, String what) throws IOException {
    to.raw("* ").number(number).raw(what).crlf();
  }

  /// VANISHED (RFC 7162 §3.2.10); nothing where there are no UIDs.
  public void vanished(boolean earlier, List<Range> uids) throws IOException {
    if (!uids.isEmpty()) {
      to.raw(earlier ? "* VANISHED (EARLIER) " : "* VANISHED ").ranges(uids).crlf();
    }
  }

  /// FLAGS of a mailbox.
  public void flags(FlagList flags) throws IOException {
    to.raw("* FLAGS ").flags(flags.system(), false, flags.keywords()).crlf();
  }

  /// LIST (RFC 9051 §7.3.1).
  ///
  /// @param attributes with their backslash
  /// @param childInfo of CHILDINFO, as `SUBSCRIBED`; empty for none
  /// @param oldName of OLDNAME, or null
  public void list(
      Collection<String> attributes,
      MailboxName name,
      Collection<String> childInfo,
      @Nullable MailboxName oldName)
      throws IOException {
    mailboxLine("LIST", attributes, name);
    if (!childInfo.isEmpty() || oldName != null) {
      to.raw(" (");
      if (!childInfo.isEmpty()) {
        to.raw("CHILDINFO (\"").raw(String.join("\" \"", childInfo)).raw("\")");
      }
      if (oldName != null) {
        to.raw(childInfo.isEmpty() ? "OLDNAME (" : " OLDNAME (").oldName(oldName).raw(")");
      }
      to.raw(")");
    }
    to.crlf();
  }

  public void list(Collection<String> attributes, MailboxName name) throws IOException {
    list(attributes, name, List.of(), null);
  }

  /// LSUB (RFC 3501 §7.2.3).
  public void lsub(Collection<String> attributes, MailboxName name) throws IOException {
    mailboxLine("LSUB", attributes, name);
    to.crlf();
  }

  private void mailboxLine(String response, Collection<String> attributes, MailboxName name)
      throws IOException {
    to.raw("* ").raw(response).raw(" (").raw(String.join(" ", attributes)).raw(") \"/\" ");
    to.mailbox(name);
  }

  /// STATUS: a value for each item; -1 is NIL (APPENDLIMIT alone may say so).
  ///
  /// @param mailboxId what MAILBOXID answers
  public void status(
      MailboxName mailbox,
      Collection<StatusItem> items,
      ToLongFunction<StatusItem> values,
      String mailboxId)
      throws IOException {
    to.raw("* STATUS ").mailbox(mailbox).raw(" (");
    String separator = "";
    for (StatusItem item : items) {
      to.raw(separator).raw(item.wire()).sp();
      separator = " ";
      if (item == StatusItem.MAILBOXID) {
        to.raw("(").raw(mailboxId).raw(")");
        continue;
      }
      long value = values.applyAsLong(item);
      if (value < 0) {
        to.nil();
      } else {
        to.number(value);
      }
    }
    to.raw(")").crlf();
  }

  /// NAMESPACE (RFC 2342 §5): prefixes, each kind NIL where it has none; with what they are called
  /// in the language that is spoken (RFC 5255 §3.4).
  public void namespace(List<String> personal, List<String> others, List<String> shared)
      throws IOException {
    to.raw("* NAMESPACE ");
    namespace(personal);
    to.sp();
    namespace(others);
    to.sp();
    namespace(shared);
    to.crlf();
  }

  private void namespace(List<String> prefixes) throws IOException {
    if (prefixes.isEmpty()) {
      to.nil();
      return;
    }
    to.raw("(");
    for (String prefix : prefixes) {
      to.raw("(").prefix(prefix).raw(" \"/\"");
      String translated = to.translated(prefix);
      if (!translated.equals(prefix)) {
        to.raw(" \"TRANSLATION\" (").prefix(translated).raw(")");
      }
      to.raw(")");
    }
    to.raw(")");
  }

  /// ID (RFC 2971 §3.2); NIL where there are no fields.
  public void id(List<AnyStateCommand.Id.Field> fields) throws IOException {
    to.raw("* ID ");
    if (fields.isEmpty()) {
      to.nil();
    } else {
      String separator = "(";
      for (AnyStateCommand.Id.Field field : fields) {
        to.raw(separator).string(field.name()).sp().nstring(field.value());
        separator = " ";
      }
      to.raw(")");
    }
    to.crlf();
  }

  /// SEARCH, SORT, ESEARCH and THREAD.
  public SearchWriter searches() {
    return new SearchWriter(to);
  }

  /// QUOTAROOT (RFC 9208 §4.2.2).
  public void quotaRoot(MailboxName mailbox, List<String> roots) throws IOException {
    to.raw("* QUOTAROOT ").mailbox(mailbox);
    for (String root : roots) {
      to.sp().astring(root);
    }
    to.crlf();
  }

  /// A resource's use and limit, in the resource's own unit.
  public record Usage(String resource, long usage, long limit) {}

  /// QUOTA (RFC 9208 §4.2.1).
  public void quota(String root, List<Usage> usages) throws IOException {
    to.raw("* QUOTA ").astring(root).raw(" (");
    String separator = "";
    for (Usage usage : usages) {
      to.raw(separator).raw(usage.resource()).sp().number(usage.usage());
      to.sp().number(usage.limit());
      separator = " ";
    }
    to.raw(")").crlf();
  }

  /// ACL (RFC 4314 §3.6): rights by identifier.
  public void acl(MailboxName mailbox, Map<String, String> rights) throws IOException {
    to.raw("* ACL ").mailbox(mailbox);
    for (Map.Entry<String, String> entry : rights.entrySet()) {
      to.sp().astring(entry.getKey()).sp().astring(entry.getValue());
    }
    to.crlf();
  }

  /// LISTRIGHTS (RFC 4314 §3.7): what is always granted, then what may be.
  public void listRights(
      MailboxName mailbox, String identifier, String required, List<String> optional)
      throws IOException {
    to.raw("* LISTRIGHTS ").mailbox(mailbox).sp().astring(identifier).sp().astring(required);
    for (String rights : optional) {
      to.sp().astring(rights);
    }
    to.crlf();
  }

  /// MYRIGHTS (RFC 4314 §3.8).
  public void myRights(MailboxName mailbox, String rights) throws IOException {
    to.raw("* MYRIGHTS ").mailbox(mailbox).sp().astring(rights).crlf();
  }

  /// METADATA (RFC 5464 §4.4.1): entries and their values, null for NIL.
  ///
  /// @param mailbox null: the server
  public void metadata(@Nullable MailboxName mailbox, Map<String, @Nullable ByteString> entries)
      throws IOException {
    to.raw("* METADATA ");
    if (mailbox == null) {
      to.raw("\"\"");
    } else {
      to.mailbox(mailbox);
    }
    to.raw(" (");
    String separator = "";
    for (Map.Entry<String, @Nullable ByteString> entry : entries.entrySet()) {
      to.raw(separator).astring(entry.getKey()).sp();
      ByteString value = entry.getValue();
      if (value == null) {
        to.nil();
      } else {
        to.metadataValue(value);
      }
      separator = " ";
    }
    to.raw(")").crlf();
  }

  /// METADATA that names changed entries alone (RFC 5464 §4.4.2).
  public void metadataChanged(@Nullable MailboxName mailbox, List<String> entries)
      throws IOException {
    to.raw("* METADATA ");
    to.mailbox(mailbox == null ? new MailboxName("") : mailbox);
    for (String entry : entries) {
      to.sp().astring(entry);
    }
    to.crlf();
  }

  /// GENURLAUTH (RFC 4467 §8).
  public void genUrlAuth(List<String> urls) throws IOException {
    to.raw("* GENURLAUTH");
    for (String url : urls) {
      to.sp().string(url);
    }
    to.crlf();
  }

  /// Begins a URLFETCH response; [UrlFetchWriter#end] must follow.
  public UrlFetchWriter urlFetch() throws IOException {
    to.raw("* URLFETCH");
    return new UrlFetchWriter(to, structures);
  }

  /// Begins a FETCH response; [FetchWriter#end] must follow.
  public FetchWriter fetch(long number) throws IOException {
    to.raw("* ").number(number).raw(" FETCH (");
    return new FetchWriter(to, structures);
  }

  /// Begins a UIDFETCH response (RFC 9586 §3.3).
  public FetchWriter uidFetch(long uid) throws IOException {
    to.raw("* ").number(uid).raw(" UIDFETCH (");
    return new FetchWriter(to, structures);
  }
}
