package mailwing.imap.protocol;

import com.google.protobuf.ByteString;
import java.nio.charset.StandardCharsets;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Collectors;
import mailwing.imap.command.AnyStateCommand;
import mailwing.imap.command.AppendMessage;
import mailwing.imap.command.AuthenticatedCommand;
import mailwing.imap.command.AuthenticatedCommand.MailboxFilter;
import mailwing.imap.command.Command;
import mailwing.imap.command.FetchItem;
import mailwing.imap.command.FlagList;
import mailwing.imap.command.MailboxName;
import mailwing.imap.command.NotAuthenticatedCommand;
import mailwing.imap.command.SearchKey;
import mailwing.imap.command.SearchReturn;
import mailwing.imap.command.Secret;
import mailwing.imap.command.SelectedCommand;
import mailwing.imap.command.StatusItem;
import mailwing.service.imap.BodySection;
import mailwing.service.imap.Partial;
import org.jspecify.annotations.Nullable;

/// A command as some client could write it: in any case, strings as atoms, quoted or literals, as a
/// seed has it. One char an octet.
final class CommandPrinter {
  private final Random random;

  CommandPrinter(Random random) {
    this.random = random;
  }

  String print(Command command) {
    return switch (command) {
      case AnyStateCommand.Id c ->
          word("ID ")
              + (c.fields().isEmpty() && random.nextBoolean()
                  ? word("NIL")
                  : list(c.fields(), f -> string(f.name()) + " " + nstring(f.value())));
      case AnyStateCommand.Language c -> word("LANGUAGE") + spaced(c.ranges());
      case AnyStateCommand c -> word(c.name());
      case NotAuthenticatedCommand.Login c ->
          word("LOGIN ") + astring(c.user()) + " " + astring(c.password());
      case NotAuthenticatedCommand.Authenticate c ->
          word("AUTHENTICATE PLAIN") + initial(c.initialResponse());
      case NotAuthenticatedCommand c -> word(c.name());
      case AuthenticatedCommand c -> authenticated(c);
      case SelectedCommand c -> selected(c);
    };
  }

  private String authenticated(AuthenticatedCommand command) {
    String name = word(command.name()) + " ";
    return switch (command) {
      case AuthenticatedCommand.Select c ->
          name
              + mailbox(c.mailbox())
              + " ("
              + (c.condstore() ? word("CONDSTORE ") : "")
              + qresync(c.qresync())
              + ")";
      case AuthenticatedCommand.Create c ->
          name
              + mailbox(c.mailbox())
              + (c.specialUse().isEmpty()
                  ? ""
                  : word(" (USE ") + list(c.specialUse(), u -> u) + ")");
      case AuthenticatedCommand.Delete c -> name + mailbox(c.mailbox());
      case AuthenticatedCommand.Rename c -> name + mailbox(c.from()) + " " + mailbox(c.to());
      case AuthenticatedCommand.Subscribe c -> name + mailbox(c.mailbox());
      case AuthenticatedCommand.ListMailboxes c -> name + list(c);
      case AuthenticatedCommand.Lsub c ->
          name + mailbox(c.reference()) + " " + pattern(c.pattern());
      case AuthenticatedCommand.Status c ->
          name + mailbox(c.mailbox()) + " " + list(c.items(), StatusItem::wire);
      case AuthenticatedCommand.Append c -> name + mailbox(c.mailbox()) + " " + message(c.first());
      case AuthenticatedCommand.Enable c -> name + String.join(" ", c.capabilities());
      case AuthenticatedCommand.Compress c -> name + c.mechanism();
      case AuthenticatedCommand.MultiSearch c ->
          name
              + (c.sources().isEmpty() ? "" : word("IN ") + list(c.sources(), this::filter) + " ")
              + returns(c.returns())
              + word("CHARSET ")
              + "UTF-8 "
              + top(c.key());
      case AuthenticatedCommand.GetAcl c -> name + mailbox(c.mailbox());
      case AuthenticatedCommand.SetAcl c ->
          name
              + mailbox(c.mailbox())
              + " "
              + astring(c.identifier())
              + " "
              + switch (c.change()) {
                case ADD -> "+";
                case REMOVE -> "-";
                case REPLACE -> "";
              }
              + c.rights();
      case AuthenticatedCommand.ListRights c ->
          name + mailbox(c.mailbox()) + " " + astring(c.identifier());
      case AuthenticatedCommand.SetQuota c ->
          name + astring(c.root()) + " " + list(c.resources(), r -> r.name() + " " + r.limit());
      case AuthenticatedCommand.GetMetadata c -> name + getMetadata(c);
      case AuthenticatedCommand.SetMetadata c ->
          name
              + owner(c.mailbox())
              + " "
              + list(c.entries(), e -> astring(e.name()) + " " + value(e.value()));
      case AuthenticatedCommand.Notify c ->
          name
              + word("SET STATUS ")
              + c.groups().stream().map(this::group).collect(Collectors.joining(" "));
      default -> name.strip();
    };
  }

  private String selected(SelectedCommand command) {
    String name = word(command.name()) + " ";
    return switch (command) {
      case SelectedCommand.Expunge c -> c.uids() == null ? name.strip() : name + c.uids();
      case SelectedCommand.Search c ->
          name + returns(c.returns()) + word("CHARSET ") + "UTF-8 " + top(c.key());
      case SelectedCommand.Sort c ->
          name
              + returns(c.returns())
              + list(c.order(), k -> word((k.reverse() ? "REVERSE " : "") + k.field()))
              + " UTF-8 "
              + top(c.key());
      case SelectedCommand.Threads c -> name + c.algorithm() + " UTF-8 " + top(c.key());
      case SelectedCommand.Fetch c ->
          name + c.messages() + " " + list(c.items(), this::item) + modifiers(c);
      case SelectedCommand.Store c -> name + store(c);
      case SelectedCommand.Copy c -> name + c.messages() + " " + mailbox(c.mailbox());
      case SelectedCommand.Move c -> name + c.messages() + " " + mailbox(c.mailbox());
      case SelectedCommand.Replace c ->
          name
              + (c.number() == 0 ? "*" : c.number())
              + " "
              + mailbox(c.mailbox())
              + " "
              + message(c.message());
      case SelectedCommand.UidBatches c -> name + c.size() + " " + c.first() + ":" + c.last();
      default -> name.strip();
    };
  }

  /// In upper, lower or mixed case.
  private String word(String upper) {
    return random.nextInt(3) == 0 ? upper.toLowerCase(Locale.ROOT) : upper;
  }

  private interface Printing<T> {
    String of(T item);
  }

  private static <T> String list(Iterable<T> items, Printing<T> printing) {
    StringBuilder list = new StringBuilder("(");
    for (T item : items) {
      list.append(list.length() > 1 ? " " : "").append(printing.of(item));
    }
    return list.append(')').toString();
  }

  private String spaced(List<String> items) {
    return items.stream().map(i -> " " + astring(i)).collect(Collectors.joining());
  }

  private static String latin1(String text) {
    return Octets.latin1(text.getBytes(StandardCharsets.UTF_8));
  }

  private String nstring(@Nullable String text) {
    return text == null ? word("NIL") : string(text);
  }

  private String string(String text) {
    return octets(latin1(text), false);
  }

  private String astring(Secret secret) {
    // LOGIN takes 8-bit octets in literals alone.
    String octets = Octets.latin1(secret.octets());
    return Octets.ascii(octets) ? octets(octets, true) : literal(octets);
  }

  private String astring(String text) {
    return octets(latin1(text), true);
  }

  private String octets(String octets, boolean atom) {
    if (atom
        && !octets.isEmpty()
        && octets.chars().allMatch(Octets::astring)
        && random.nextBoolean()) {
      return octets;
    }
    if (octets.indexOf('\r') < 0 && octets.indexOf('\n') < 0 && random.nextInt(3) > 0) {
      return "\"" + octets.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    }
    return literal(octets);
  }

  private String literal(String octets) {
    return "{" + octets.length() + (random.nextBoolean() ? "+" : "") + "}\r\n" + octets;
  }

  private String mailbox(MailboxName name) {
    return mailbox(name.value());
  }

  private String mailbox(String name) {
    return octets(ModifiedUtf7.encode(name), true);
  }

  private String pattern(String pattern) {
    boolean bare =
        !pattern.isEmpty() && ModifiedUtf7.encode(pattern).chars().allMatch(Octets::list);
    return bare && random.nextBoolean() ? ModifiedUtf7.encode(pattern) : mailbox(pattern);
  }

  private static String initial(@Nullable Secret secret) {
    if (secret == null) {
      return "";
    }
    return " "
        + (secret.octets().length == 0 ? "=" : Base64.getEncoder().encodeToString(secret.octets()));
  }

  private String qresync(AuthenticatedCommand.@Nullable Qresync q) {
    if (q == null) {
      return "";
    }
    return word("QRESYNC (")
        + q.uidValidity()
        + " "
        + q.modSeq()
        + (q.knownUids() == null ? "" : " " + q.knownUids())
        + ")";
  }

  private String list(AuthenticatedCommand.ListMailboxes c) {
    if (!c.extended()) {
      return mailbox(c.reference()) + " " + pattern(c.patterns().getFirst());
    }
    StringBuilder returns = new StringBuilder();
    AuthenticatedCommand.ListReturn r = c.returns();
    returns.append(r.subscribed() ? " SUBSCRIBED" : "").append(r.children() ? " CHILDREN" : "");
    returns.append(r.specialUse() ? " SPECIAL-USE" : "").append(r.myRights() ? " MYRIGHTS" : "");
    if (!r.status().isEmpty()) {
      returns.append(" STATUS ").append(list(r.status(), StatusItem::wire));
    }
    if (!r.metadata().isEmpty()) {
      returns.append(" METADATA ").append(list(r.metadata(), this::astring));
    }
    return list(c.select(), o -> word(o.name().replace('_', '-')))
        + " "
        + mailbox(c.reference())
        + " "
        + list(c.patterns(), this::pattern)
        + " RETURN ("
        + word(returns.toString().strip())
        + ")";
  }

  private String message(AppendMessage message) {
    StringBuilder text = new StringBuilder();
    if (!message.flags().equals(FlagList.NONE) || random.nextBoolean()) {
      text.append(flags(message.flags())).append(' ');
    }
    if (message.date() != null) {
      byte[] date = new byte[26];
      Dates.write(message.date(), date, 0);
      text.append('"').append(Octets.latin1(date)).append("\" ");
    }
    if (!(message.data() instanceof AppendMessage.Literal literal)) {
      return text.append(word("CATENATE (")).append("TEXT {3+}\r\nabc)").toString();
    }
    text.append(literal.utf8() ? word("UTF8 (") : "").append(literal.binary() ? "~{" : "{");
    text.append(literal.size()).append(literal.synchronizing() ? "}" : "+}").append("\r\n");
    return text.append("m".repeat((int) literal.size()))
        .append(literal.utf8() ? ")" : "")
        .toString();
  }

  private String flags(FlagList flags) {
    StringBuilder text = new StringBuilder();
    String[] names = {"\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft"};
    for (int i = 0; i < names.length; i++) {
      text.append((flags.system() & (1 << i)) != 0 ? " " + word(names[i]) : "");
    }
    flags.keywords().forEach(k -> text.append(' ').append(k));
    return "(" + text.toString().strip() + ")";
  }

  private String filter(MailboxFilter filter) {
    return word(filter.kind().name())
        + (filter.mailboxes().isEmpty() ? "" : " " + list(filter.mailboxes(), this::mailbox));
  }

  private String group(AuthenticatedCommand.Notify.EventGroup group) {
    if (group.events().isEmpty()) {
      return "(" + filter(group.filter()) + word(" NONE)");
    }
    String items =
        group.newMessageItems().isEmpty() ? "" : " " + list(group.newMessageItems(), this::item);
    return "("
        + filter(group.filter())
        + " "
        + list(
            group.events(),
            e ->
                word(e.name().replace("_", ""))
                    + (e == AuthenticatedCommand.Notify.Event.MESSAGE_NEW ? items : ""))
        + ")";
  }

  private String owner(@Nullable MailboxName mailbox) {
    return mailbox == null ? "\"\"" : mailbox(mailbox);
  }

  private String getMetadata(AuthenticatedCommand.GetMetadata c) {
    String options =
        "("
            + (c.maxSize() < 0 ? "" : "MAXSIZE " + c.maxSize() + " ")
            + "DEPTH "
            + switch (c.depth()) {
              case ZERO -> "0";
              case ONE -> "1";
              case INFINITY -> word("INFINITY");
            }
            + ")";
    String entries = list(c.entries(), this::astring);
    return random.nextBoolean()
        ? options + " " + owner(c.mailbox()) + " " + entries
        : owner(c.mailbox()) + " " + options + " " + entries;
  }

  private String value(@Nullable ByteString value) {
    if (value == null) {
      return "NIL";
    }
    String octets = value.toString(StandardCharsets.ISO_8859_1);
    return "~" + literal(octets);
  }

  private String returns(@Nullable SearchReturn returns) {
    if (returns == null) {
      return "";
    }
    String options =
        returns.options().stream().map(o -> word(o.name())).collect(Collectors.joining(" "));
    String partial =
        returns.partial() == null
            ? ""
            : " PARTIAL " + returns.partial().last() + ":" + returns.partial().first();
    return word("RETURN (") + (options + partial).strip() + ") ";
  }

  private String top(SearchKey key) {
    return key instanceof SearchKey.And and && random.nextBoolean()
        ? and.keys().stream().map(this::key).collect(Collectors.joining(" "))
        : key(key);
  }

  private static final DateTimeFormatter DAY =
      DateTimeFormatter.ofPattern("d-MMM-uuuu", Locale.ENGLISH);

  private String key(SearchKey key) {
    return switch (key) {
      case SearchKey.All _ -> word("ALL");
      case SearchKey.And and -> list(and.keys(), this::key);
      case SearchKey.Or or -> word("OR ") + key(or.left()) + " " + key(or.right());
      case SearchKey.Not not -> word("NOT ") + key(not.key());
      case SearchKey.Sequence s -> s.set().toString();
      case SearchKey.Uid u -> word("UID ") + u.set();
      case SearchKey.Flag f ->
          word(
              switch (f.system()) {
                case FlagList.SEEN -> "SEEN";
                case FlagList.ANSWERED -> "ANSWERED";
                case FlagList.FLAGGED -> "FLAGGED";
                case FlagList.DELETED -> "DELETED";
                default -> "DRAFT";
              });
      case SearchKey.Keyword k -> word("KEYWORD ") + k.keyword();
      case SearchKey.Recent _ -> word("RECENT");
      case SearchKey.Header h ->
          h.name().equals("X-Y")
              ? word("HEADER ") + astring(h.name()) + " " + astring(h.value())
              : word(h.name()) + " " + astring(h.value());
      case SearchKey.Body b -> word("BODY ") + astring(b.text());
      case SearchKey.Text t -> word("TEXT ") + astring(t.text());
      case SearchKey.Date d ->
          word((d.of() == SearchKey.Date.Of.INTERNAL ? "" : d.of().name()) + d.when())
              + " "
              + octets(d.day().format(DAY), true);
      case SearchKey.Larger l -> word("LARGER ") + l.octets();
      case SearchKey.Smaller s -> word("SMALLER ") + s.octets();
      case SearchKey.Older o -> word("OLDER ") + o.seconds();
      case SearchKey.Younger y -> word("YOUNGER ") + y.seconds();
      case SearchKey.ModSeq m ->
          word("MODSEQ ") + (random.nextBoolean() ? "\"/flags/\\\\draft\" all " : "") + m.modSeq();
      case SearchKey.EmailId e -> word("EMAILID ") + e.id();
      case SearchKey.ThreadId t -> word("THREADID ") + t.id();
      case SearchKey.SaveDateSupported _ -> word("SAVEDATESUPPORTED");
      case SearchKey.Fuzzy f -> word("FUZZY ") + key(f.key());
      case SearchKey.Filter f -> word("FILTER ") + f.name();
    };
  }

  private String item(FetchItem item) {
    return switch (item) {
      case FetchItem.Attribute a -> word(a.wire());
      case FetchItem.Body b ->
          word(b.peek() ? "BODY.PEEK[" : "BODY[")
              + section(b.section())
              + "]"
              + partial(b.partial());
      case FetchItem.Binary b ->
          word(b.peek() ? "BINARY.PEEK[" : "BINARY[") + part(b.part()) + "]" + partial(b.partial());
      case FetchItem.BinarySize b -> word("BINARY.SIZE[") + part(b.part()) + "]";
      case FetchItem.Preview p -> word(p.lazy() ? "PREVIEW (LAZY)" : "PREVIEW");
    };
  }

  private static String part(List<Integer> numbers) {
    return numbers.stream().map(String::valueOf).collect(Collectors.joining("."));
  }

  private String section(BodySection section) {
    String text =
        section.text() == BodySection.Text.CONTENT
            ? ""
            : word(section.text().name().replace('_', '.'));
    String dot = section.part().isEmpty() || text.isEmpty() ? "" : ".";
    String fields =
        section.fields().isEmpty() ? "" : " " + list(section.fields(), f -> octets(f, true));
    return part(section.part()) + dot + text + fields;
  }

  private static String partial(@Nullable Partial partial) {
    return partial == null ? "" : "<" + partial.offset() + "." + partial.length() + ">";
  }

  private String modifiers(SelectedCommand.Fetch c) {
    String text =
        (c.changedSince() > 0 ? " " + word("CHANGEDSINCE ") + c.changedSince() : "")
            + (c.vanished() ? word(" VANISHED") : "")
            + (c.partial() == null
                ? ""
                : " PARTIAL " + c.partial().first() + ":" + c.partial().last());
    return text.isEmpty() ? "" : " (" + text.strip() + ")";
  }

  private String store(SelectedCommand.Store c) {
    String flags = flags(c.flags());
    boolean bare = flags.length() > 2 && random.nextBoolean();
    return c.messages()
        + (c.unchangedSince().isPresent()
            ? word(" (UNCHANGEDSINCE ") + c.unchangedSince().getAsLong() + ")"
            : "")
        + switch (c.operation()) {
          case ADD -> " +";
          case REMOVE -> " -";
          case REPLACE -> " ";
        }
        + word(c.silent() ? "FLAGS.SILENT " : "FLAGS ")
        + (bare ? flags.substring(1, flags.length() - 1) : flags);
  }
}
