package mailwing.imap.protocol;

import com.google.protobuf.ByteString;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.function.Supplier;
import mailwing.imap.command.AnyStateCommand;
import mailwing.imap.command.AppendMessage;
import mailwing.imap.command.AuthenticatedCommand;
import mailwing.imap.command.AuthenticatedCommand.ListReturn;
import mailwing.imap.command.AuthenticatedCommand.MailboxFilter;
import mailwing.imap.command.AuthenticatedCommand.Notify.Event;
import mailwing.imap.command.AuthenticatedCommand.SelectOption;
import mailwing.imap.command.Command;
import mailwing.imap.command.FetchItem;
import mailwing.imap.command.FlagList;
import mailwing.imap.command.InternalDate;
import mailwing.imap.command.MailboxName;
import mailwing.imap.command.NotAuthenticatedCommand;
import mailwing.imap.command.PartialRange;
import mailwing.imap.command.SearchKey;
import mailwing.imap.command.SearchReturn;
import mailwing.imap.command.Secret;
import mailwing.imap.command.SelectedCommand;
import mailwing.imap.command.SequenceSet;
import mailwing.imap.command.StatusItem;
import mailwing.service.imap.BodySection;
import mailwing.service.imap.Partial;

/// Any command of the grammar, from a seed.
final class RandomCommands {
  private final Random random;
  private final List<Supplier<Command>> kinds = new ArrayList<>();

  RandomCommands(Random random) {
    this.random = random;
    kinds.add(AnyStateCommand.Capability::new);
    kinds.add(AnyStateCommand.Noop::new);
    kinds.add(AnyStateCommand.Logout::new);
    kinds.add(() -> new AnyStateCommand.Id(some(3, this::idField)));
    kinds.add(() -> new AnyStateCommand.Language(some(3, this::text)));
    kinds.add(NotAuthenticatedCommand.StartTls::new);
    kinds.add(() -> new NotAuthenticatedCommand.Login(secret(), secret()));
    kinds.add(() -> new NotAuthenticatedCommand.Authenticate("PLAIN", yes() ? secret() : null));
    kinds.add(() -> new AuthenticatedCommand.Select(mailbox(), yes(), yes(), qresync()));
    kinds.add(() -> new AuthenticatedCommand.Create(mailbox(), some(2, () -> "\\" + atom())));
    kinds.add(() -> new AuthenticatedCommand.Delete(mailbox()));
    kinds.add(() -> new AuthenticatedCommand.Rename(mailbox(), mailbox()));
    kinds.add(() -> new AuthenticatedCommand.Subscribe(mailbox(), yes()));
    kinds.add(this::list);
    kinds.add(() -> new AuthenticatedCommand.Lsub(mailbox().value(), pattern()));
    kinds.add(() -> new AuthenticatedCommand.Status(mailbox(), List.copyOf(statusItems(1))));
    kinds.add(() -> new AuthenticatedCommand.Append(mailbox(), message()));
    kinds.add(AuthenticatedCommand.Idle::new);
    kinds.add(AuthenticatedCommand.Namespace::new);
    kinds.add(() -> new AuthenticatedCommand.Enable(some(1, 3, () -> "X" + number(9))));
    kinds.add(() -> new AuthenticatedCommand.Compress("DEFLATE"));
    kinds.add(AuthenticatedCommand.Unauthenticate::new);
    kinds.add(() -> new AuthenticatedCommand.MultiSearch(some(2, this::source), returns(), key(0)));
    kinds.add(() -> new AuthenticatedCommand.GetAcl(mailbox()));
    kinds.add(() -> new AuthenticatedCommand.SetAcl(mailbox(), text(), change(), "lrs"));
    kinds.add(() -> new AuthenticatedCommand.ListRights(mailbox(), text()));
    kinds.add(() -> new AuthenticatedCommand.SetQuota(text(), some(2, this::resource)));
    kinds.add(this::getMetadata);
    kinds.add(
        () ->
            new AuthenticatedCommand.SetMetadata(
                yes() ? null : named(), some(1, 3, this::metadataEntry)));
    kinds.add(this::notification);
    kinds.add(SelectedCommand.Check::new);
    kinds.add(SelectedCommand.Close::new);
    kinds.add(SelectedCommand.Unselect::new);
    kinds.add(() -> new SelectedCommand.Expunge(yes() ? set() : null));
    for (int i = 0; i < 8; i++) {
      kinds.add(() -> new SelectedCommand.Search(yes(), yes() ? returns() : null, "UTF-8", key(0)));
      kinds.add(this::fetch);
    }
    kinds.add(
        () ->
            new SelectedCommand.Sort(
                yes(), yes() ? returns() : null, some(1, 3, this::sortKey), "UTF-8", key(0)));
    kinds.add(
        () ->
            new SelectedCommand.Threads(
                yes(), SelectedCommand.Threads.Algorithm.REFERENCES, "UTF-8", key(0)));
    kinds.add(this::store);
    kinds.add(() -> new SelectedCommand.Copy(yes(), set(), mailbox()));
    kinds.add(() -> new SelectedCommand.Move(yes(), set(), mailbox()));
    kinds.add(() -> new SelectedCommand.Replace(yes(), number(5), mailbox(), message()));
    kinds.add(() -> new SelectedCommand.UidBatches(1 + number(5000), 2, 2 + number(9)));
  }

  Command next() {
    return kinds.get(random.nextInt(kinds.size())).get();
  }

  private boolean yes() {
    return random.nextBoolean();
  }

  private int number(int bound) {
    return random.nextInt(bound);
  }

  private <T> List<T> some(int max, Supplier<T> item) {
    return some(0, max, item);
  }

  private <T> List<T> some(int min, int max, Supplier<T> item) {
    List<T> items = new ArrayList<>();
    for (int i = min + number(max - min + 1); i > 0; i--) {
      items.add(item.get());
    }
    return items;
  }

  private <T> T one(List<T> of) {
    return of.get(number(of.size()));
  }

  private String atom() {
    return one(List.of("a", "Junk", "$MDNSent", "x-1.2", "NIL1", "a+b"));
  }

  private String text() {
    return one(
        List.of(
            "", "plain", "with space", "\"\\", "NIL", "é日本", "a\r\nb", "{5}", "(", "]", "*", "-x"));
  }

  private Secret secret() {
    return Secret.of(text());
  }

  private MailboxName mailbox() {
    return new MailboxName(
        one(List.of("INBOX", "Sent", "a b", "日本語/台北", "a&b", "", "x\"y\\", "INBOX/c", "{3}")));
  }

  private MailboxName named() {
    return new MailboxName("m" + mailbox().value());
  }

  private AnyStateCommand.Id.Field idField() {
    return new AnyStateCommand.Id.Field("f" + number(9), yes() ? text() : null);
  }

  private AuthenticatedCommand.Qresync qresync() {
    return new AuthenticatedCommand.Qresync(
        1 + number(99),
        1 + random.nextLong(Long.MAX_VALUE - 1),
        yes() ? SequenceSet.of(1, 9) : null,
        null,
        null);
  }

  private Command list() {
    boolean extended = yes();
    if (!extended) {
      return new AuthenticatedCommand.ListMailboxes(
          Set.of(), mailbox().value(), List.of(pattern()), ListReturn.NONE, false);
    }
    Set<SelectOption> select = EnumSet.noneOf(SelectOption.class);
    for (SelectOption option : SelectOption.values()) {
      if (yes()) {
        select.add(option);
      }
    }
    if (!select.contains(SelectOption.SUBSCRIBED) && !select.contains(SelectOption.SPECIAL_USE)) {
      select.remove(SelectOption.RECURSIVEMATCH);
    }
    return new AuthenticatedCommand.ListMailboxes(
        select,
        mailbox().value(),
        some(1, 3, this::pattern),
        new ListReturn(
            yes(), yes(), yes(), yes(), statusItems(0), some(2, () -> "/shared/" + number(9))),
        true);
  }

  private String pattern() {
    return one(List.of("*", "%", "a/%", "日本*", "INBOX", "x y*", ""));
  }

  private Set<StatusItem> statusItems(int min) {
    return new LinkedHashSet<>(some(min, 4, () -> one(List.of(StatusItem.values()))));
  }

  private AppendMessage message() {
    AppendMessage.Data data =
        switch (number(4)) {
          case 0 -> new AppendMessage.Catenate();
          case 1 -> new AppendMessage.Literal(number(50), yes(), true, yes());
          default -> new AppendMessage.Literal(number(50), yes(), false, false);
        };
    InternalDate date = new InternalDate(random.nextLong(2_000_000_000L) * 1000, number(60));
    return new AppendMessage(flags(), yes() ? date : null, data);
  }

  private FlagList flags() {
    return new FlagList(number(32), new ArrayList<>(new LinkedHashSet<>(some(2, this::atom))));
  }

  private MailboxFilter source() {
    return new MailboxFilter(MailboxFilter.Kind.SUBTREE, some(1, 2, this::mailbox));
  }

  private AuthenticatedCommand.SetAcl.Change change() {
    return one(List.of(AuthenticatedCommand.SetAcl.Change.values()));
  }

  private AuthenticatedCommand.SetQuota.Resource resource() {
    return new AuthenticatedCommand.SetQuota.Resource("STORAGE", number(1000));
  }

  private Command getMetadata() {
    return new AuthenticatedCommand.GetMetadata(
        yes() ? null : named(),
        some(1, 3, () -> "/private/" + number(9)),
        number(3) - 1L,
        one(List.of(AuthenticatedCommand.GetMetadata.Depth.values())));
  }

  private AuthenticatedCommand.SetMetadata.Entry metadataEntry() {
    byte[] value = new byte[number(6)];
    random.nextBytes(value);
    return new AuthenticatedCommand.SetMetadata.Entry(
        "/shared/c" + number(9), yes() ? ByteString.copyFrom(value) : null);
  }

  private Command notification() {
    return new AuthenticatedCommand.Notify(
        true,
        List.of(
            new AuthenticatedCommand.Notify.EventGroup(
                new MailboxFilter(MailboxFilter.Kind.SELECTED, List.of()),
                EnumSet.of(Event.MESSAGE_NEW, Event.MESSAGE_EXPUNGE, Event.FLAG_CHANGE),
                yes() ? List.of(FetchItem.Attribute.UID, body()) : List.of()),
            new AuthenticatedCommand.Notify.EventGroup(
                source(), yes() ? Set.of() : EnumSet.of(Event.MAILBOX_NAME), List.of())));
  }

  SequenceSet set() {
    if (number(10) == 0) {
      return SequenceSet.savedResult();
    }
    SequenceSet.Builder set = new SequenceSet.Builder();
    for (int i = number(4); i >= 0; i--) {
      set.add(bound(), bound());
    }
    return set.build();
  }

  private long bound() {
    return one(List.of(0L, 1L, 2L, 77L, 4294967295L));
  }

  private SearchReturn returns() {
    Set<SearchReturn.Option> options = EnumSet.noneOf(SearchReturn.Option.class);
    for (SearchReturn.Option option : SearchReturn.Option.values()) {
      if (number(3) == 0) {
        options.add(option);
      }
    }
    PartialRange partial = yes() ? new PartialRange(1, 500) : new PartialRange(-1, -10);
    if (options.isEmpty() && yes()) {
      return new SearchReturn(Set.of(SearchReturn.Option.ALL), null);
    }
    return new SearchReturn(options, options.contains(SearchReturn.Option.ALL) ? null : partial);
  }

  private SelectedCommand.SortKey sortKey() {
    return new SelectedCommand.SortKey(one(List.of(SelectedCommand.SortKey.Field.values())), yes());
  }

  SearchKey key(int depth) {
    return switch (number(depth > 4 ? 14 : 18)) {
      case 0 -> new SearchKey.All();
      case 1 -> new SearchKey.Flag(1 << number(5));
      case 2 -> new SearchKey.Keyword(atom());
      case 3 -> new SearchKey.Header(one(List.of("FROM", "SUBJECT", "X-Y")), text());
      case 4 -> yes() ? new SearchKey.Body(text()) : new SearchKey.Text(text());
      case 5 ->
          new SearchKey.Date(
              one(List.of(SearchKey.Date.Of.values())),
              one(List.of(SearchKey.Date.When.values())),
              LocalDate.ofEpochDay(number(40000)));
      case 6 -> yes() ? new SearchKey.Larger(number(999)) : new SearchKey.Smaller(5);
      case 7 -> yes() ? new SearchKey.Older(1 + number(999)) : new SearchKey.Younger(5);
      case 8 -> new SearchKey.ModSeq(random.nextLong(Long.MAX_VALUE));
      case 9 -> new SearchKey.Sequence(set());
      case 10 -> new SearchKey.Uid(set());
      case 11 -> new SearchKey.Recent();
      case 12 -> yes() ? new SearchKey.EmailId("M1") : new SearchKey.ThreadId("T_1");
      case 13 -> yes() ? new SearchKey.SaveDateSupported() : new SearchKey.Filter("on-the-road");
      case 14 -> new SearchKey.Not(key(depth + 1));
      case 15 -> new SearchKey.Or(key(depth + 1), key(depth + 1));
      case 16 -> new SearchKey.Fuzzy(key(depth + 1));
      default -> new SearchKey.And(some(2, 4, () -> key(depth + 1)));
    };
  }

  private Command fetch() {
    boolean uid = yes();
    long changed = yes() ? 0 : 1 + random.nextLong(Long.MAX_VALUE - 1);
    return new SelectedCommand.Fetch(
        uid,
        set(),
        List.copyOf(new LinkedHashSet<>(some(1, 5, this::item))),
        changed,
        uid && changed > 0 && yes(),
        uid && yes() ? new PartialRange(-1, -30) : null);
  }

  private FetchItem item() {
    return switch (number(6)) {
      case 0, 1 -> body();
      case 2 -> new FetchItem.Binary(yes(), part(), partial());
      case 3 -> yes() ? new FetchItem.BinarySize(part()) : new FetchItem.Preview(yes());
      default -> one(List.of(FetchItem.Attribute.values()));
    };
  }

  private List<Integer> part() {
    return some(4, () -> 1 + number(12));
  }

  private Partial partial() {
    return new Partial(random.nextLong(Long.MAX_VALUE), 1 + number(9999));
  }

  private FetchItem body() {
    List<Integer> part = part();
    BodySection.Text text = one(List.of(BodySection.Text.values()));
    if (text == BodySection.Text.MIME && part.isEmpty()) {
      text = BodySection.Text.CONTENT;
    }
    boolean fields =
        text == BodySection.Text.HEADER_FIELDS || text == BodySection.Text.HEADER_FIELDS_NOT;
    List<String> names =
        fields ? some(1, 3, () -> one(List.of("From", "X y", "a]", "\"", ""))) : List.of();
    return new FetchItem.Body(yes(), new BodySection(part, text, names), yes() ? partial() : null);
  }

  private Command store() {
    return new SelectedCommand.Store(
        yes(),
        set(),
        one(List.of(SelectedCommand.Store.Operation.values())),
        yes(),
        flags(),
        yes() ? OptionalLong.of(random.nextLong(Long.MAX_VALUE)) : OptionalLong.empty());
  }
}
