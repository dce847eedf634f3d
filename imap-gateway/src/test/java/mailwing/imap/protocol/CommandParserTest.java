package mailwing.imap.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.util.EnumSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import mailwing.imap.command.AnyStateCommand;
import mailwing.imap.command.AppendMessage;
import mailwing.imap.command.AuthenticatedCommand;
import mailwing.imap.command.FetchItem;
import mailwing.imap.command.FlagList;
import mailwing.imap.command.InternalDate;
import mailwing.imap.command.MailboxName;
import mailwing.imap.command.NotAuthenticatedCommand;
import mailwing.imap.command.SearchKey;
import mailwing.imap.command.SearchReturn;
import mailwing.imap.command.Secret;
import mailwing.imap.command.SelectedCommand;
import mailwing.imap.command.SequenceSet;
import mailwing.imap.command.StatusItem;
import mailwing.service.imap.BodySection;
import mailwing.service.imap.Partial;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@SuppressWarnings("StringConcatToTextBlock") // The line ends are part of what is tested.
class CommandParserTest {

  @Test
  void commandsOfRfc3501AreRead() {
    assertThat(Wire.command("CAPABILITY")).isEqualTo(new AnyStateCommand.Capability());
    assertThat(Wire.command("noop")).isEqualTo(new AnyStateCommand.Noop());
    assertThat(Wire.command("LOGIN SMITH SESAME"))
        .isEqualTo(new NotAuthenticatedCommand.Login(Secret.of("SMITH"), Secret.of("SESAME")));
    assertThat(Wire.command("RENAME blurdybloop sarasoop"))
        .isEqualTo(
            new AuthenticatedCommand.Rename(
                new MailboxName("blurdybloop"), new MailboxName("sarasoop")));
    assertThat(Wire.command("STATUS blurdybloop (UIDNEXT MESSAGES)"))
        .isEqualTo(
            new AuthenticatedCommand.Status(
                new MailboxName("blurdybloop"), List.of(StatusItem.UIDNEXT, StatusItem.MESSAGES)));
    assertThat(Wire.command("COPY 2:4 MEETING"))
        .isEqualTo(
            new SelectedCommand.Copy(false, SequenceSet.of(2, 4), new MailboxName("MEETING")));
    assertThat(Wire.command("STORE 2:4 +FLAGS (\\Deleted)"))
        .isEqualTo(
            new SelectedCommand.Store(
                false,
                SequenceSet.of(2, 4),
                SelectedCommand.Store.Operation.ADD,
                false,
                new FlagList(FlagList.DELETED, List.of()),
                OptionalLong.empty()));
  }

  @Test
  void fetchOfThunderbirdIsRead() {
    SelectedCommand.Fetch fetch =
        (SelectedCommand.Fetch)
            Wire.command(
                "UID fetch 2:* (UID RFC822.SIZE FLAGS"
                    + " BODY.PEEK[HEADER.FIELDS (From To Message-ID)] BODY.PEEK[TEXT]<0.2048>)");
    assertThat(fetch.uid()).isTrue();
    assertThat(fetch.messages()).isEqualTo(SequenceSet.of(2, 0));
    assertThat(fetch.items())
        .containsExactly(
            FetchItem.Attribute.UID,
            FetchItem.Attribute.RFC822_SIZE,
            FetchItem.Attribute.FLAGS,
            new FetchItem.Body(
                true,
                new BodySection(
                    List.of(), BodySection.Text.HEADER_FIELDS, List.of("From", "To", "Message-ID")),
                null),
            new FetchItem.Body(
                true,
                new BodySection(List.of(), BodySection.Text.TEXT, List.of()),
                new Partial(0, 2048)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "BODY[]|[]|CONTENT",
        "BODY[1]|[1]|CONTENT",
        "body.peek[4.2.2.1]|[4, 2, 2, 1]|CONTENT",
        "BODY[HEADER]|[]|HEADER",
        "BODY[TEXT]|[]|TEXT",
        "BODY[3.HEADER]|[3]|HEADER",
        "BODY[4.1.MIME]|[4, 1]|MIME",
        "BODY[3.header.fields.not (a b)]|[3]|HEADER_FIELDS_NOT",
      })
  void sectionsAreRead(String item, String part, BodySection.Text text) {
    SelectedCommand.Fetch fetch = (SelectedCommand.Fetch) Wire.command("FETCH 1 " + item);
    BodySection section = ((FetchItem.Body) fetch.items().getFirst()).section();
    assertThat(section.part()).hasToString(part);
    assertThat(section.text()).isEqualTo(text);
  }

  @Test
  void macrosStandForTheirItems() {
    assertThat(((SelectedCommand.Fetch) Wire.command("FETCH 1 FULL")).items())
        .containsExactly(
            FetchItem.Attribute.FLAGS,
            FetchItem.Attribute.INTERNALDATE,
            FetchItem.Attribute.RFC822_SIZE,
            FetchItem.Attribute.ENVELOPE,
            FetchItem.Attribute.BODY);
    assertThat(((SelectedCommand.Fetch) Wire.command("FETCH 1 fast")).items()).hasSize(3);
    assertThat(((SelectedCommand.Fetch) Wire.command("FETCH 1 ALL")).items()).hasSize(4);
  }

  @Test
  void searchKeysOfRfc3501AreRead() {
    SelectedCommand.Search search =
        (SelectedCommand.Search) Wire.command("SEARCH FLAGGED SINCE 1-Feb-1994 NOT FROM \"Smith\"");
    assertThat(search.returns()).isNull();
    assertThat(search.key())
        .isEqualTo(
            new SearchKey.And(
                List.of(
                    new SearchKey.Flag(FlagList.FLAGGED),
                    new SearchKey.Date(
                        SearchKey.Date.Of.INTERNAL,
                        SearchKey.Date.When.SINCE,
                        LocalDate.of(1994, 2, 1)),
                    new SearchKey.Not(new SearchKey.Header("FROM", "Smith")))));
  }

  @Test
  void searchStringsAreDecodedFromTheirCharset() {
    Wire wire =
        new Wire(
            "A283 SEARCH CHARSET UTF-8 TEXT {6+}\r\n\u00d0\u00b1\u00d0\u00b5\u00d0\u00b3 SEEN\r\n");
    SelectedCommand.Search search = (SelectedCommand.Search) ((Parsed.Ok) wire.next()).command();
    assertThat(search.key())
        .isEqualTo(
            new SearchKey.And(
                List.of(new SearchKey.Text("бег"), new SearchKey.Flag(FlagList.SEEN))));
    Parsed.Refused refused = Wire.refused("a SEARCH CHARSET x-nothing TEXT a\r\n");
    assertThat(refused.no()).isTrue();
    assertThat(refused.code()).isInstanceOf(ResponseCode.BadCharset.class);
  }

  @Test
  void searchReturnIsRead() {
    SelectedCommand.Search search =
        (SelectedCommand.Search) Wire.command("UID SEARCH RETURN (MIN COUNT SAVE) $ UNSEEN");
    assertThat(search.returns())
        .isEqualTo(
            new SearchReturn(
                EnumSet.of(
                    SearchReturn.Option.MIN, SearchReturn.Option.COUNT, SearchReturn.Option.SAVE),
                null));
    assertThat(((SelectedCommand.Search) Wire.command("SEARCH RETURN () ALL")).returns())
        .isEqualTo(new SearchReturn(Set.of(SearchReturn.Option.ALL), null));
  }

  @Test
  void synchronisingLiteralsAreAskedFor() {
    Wire wire = new Wire("A001 LOGIN {11}\r\nFRED FOOBAR {7}\r\nfat man\r\nb NOOP\r\n");
    assertThat(wire.next())
        .isEqualTo(
            new Parsed.Ok(
                "A001",
                new NotAuthenticatedCommand.Login(Secret.of("FRED FOOBAR"), Secret.of("fat man"))));
    assertThat(wire.continuations).isEqualTo(2);
    assertThat(wire.next()).isEqualTo(new Parsed.Ok("b", new AnyStateCommand.Noop()));
  }

  @Test
  void appendLeavesItsOctetsInTheConnection() throws IOException {
    Wire wire =
        new Wire(
            "A003 APPEND saved-messages (\\Seen $Junk) \"17-Jul-1996 02:44:25 -0700\" {5}\r\n"
                + "hello\r\nb NOOP\r\n");
    AuthenticatedCommand.Append append =
        (AuthenticatedCommand.Append) ((Parsed.Ok) wire.next()).command();
    assertThat(append.first().flags()).isEqualTo(new FlagList(FlagList.SEEN, List.of("$Junk")));
    assertThat(append.first().date()).isEqualTo(new InternalDate(837596665000L, -420));
    assertThat(wire.continuations).isZero();
    AppendMessage.Literal literal = (AppendMessage.Literal) append.first().data();
    try (LiteralStream stream = wire.parser.open(literal)) {
      assertThat(new String(stream.readAllBytes(), StandardCharsets.US_ASCII)).isEqualTo("hello");
    }
    assertThat(wire.continuations).isEqualTo(1);
    assertThat(wire.parser.nextStep()).isEqualTo(new AppendStep.End());
    assertThat(wire.next()).isEqualTo(new Parsed.Ok("b", new AnyStateCommand.Noop()));
  }

  @Test
  void refusedAppendIsSwallowedWhereTheClientSendsItAnyway() {
    Wire plus = new Wire("a APPEND x {5+}\r\nhello (\\Seen) {3+}\r\nabc\r\nb NOOP\r\n");
    assertThat(((Parsed.Ok) plus.next()).tag()).isEqualTo("a");
    assertThat(((Parsed.Ok) plus.next()).tag()).isEqualTo("b");
    Wire waits = new Wire("a APPEND x {5}\r\nb NOOP\r\n");
    assertThat(((Parsed.Ok) waits.next()).tag()).isEqualTo("a");
    assertThat(((Parsed.Ok) waits.next()).tag()).isEqualTo("b");
    assertThat(waits.continuations).isZero();
  }

  @Test
  void multiAppendAndCatenateGoStepByStep() throws IOException {
    Wire wire =
        new Wire(
            "a APPEND x {2+}\r\nab (\\Draft) CATENATE (URL \"/u;UID=1\" TEXT {3+}\r\ncde)\r\n"
                + "b NOOP\r\n");
    AuthenticatedCommand.Append append =
        (AuthenticatedCommand.Append) ((Parsed.Ok) wire.next()).command();
    read(wire, append.first().data());
    AppendStep.Message second = (AppendStep.Message) wire.parser.nextStep();
    assertThat(second.message().data()).isEqualTo(new AppendMessage.Catenate());
    assertThat(wire.parser.nextStep())
        .isEqualTo(new AppendStep.Part(new AppendMessage.UrlPart("/u;UID=1")));
    AppendStep.Part text = (AppendStep.Part) wire.parser.nextStep();
    assertThat(read(wire, ((AppendMessage.TextPart) text.part()).literal())).isEqualTo("cde");
    assertThat(wire.parser.nextStep()).isEqualTo(new AppendStep.PartsEnd());
    assertThat(wire.parser.nextStep()).isEqualTo(new AppendStep.End());
    assertThat(((Parsed.Ok) wire.next()).tag()).isEqualTo("b");
  }

  private static String read(Wire wire, AppendMessage.Data data) throws IOException {
    try (LiteralStream stream = wire.parser.open((AppendMessage.Literal) data)) {
      return new String(stream.readAllBytes(), StandardCharsets.US_ASCII);
    }
  }

  @Test
  void messageOverTheLimitIsRefusedBeforeItIsSent() {
    Wire wire = new Wire("a APPEND x {99999999999}\r\nb NOOP\r\n");
    Parsed.Refused refused = (Parsed.Refused) wire.next();
    assertThat(refused.no()).isTrue();
    assertThat(refused.code()).isEqualTo(ResponseCode.Name.TOOBIG);
    assertThat(wire.continuations).isZero();
    assertThat(((Parsed.Ok) wire.next()).tag()).isEqualTo("b");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a NOOP now",
        "a FETCH",
        "a FETCH 0 FLAGS",
        "a FETCH 1 (FLAGS",
        "a FETCH 1 ()",
        "a FETCH 1 BODY[",
        "a FETCH 1 BODY[1.]",
        "a FETCH 1 BODY[MIME]",
        "a FETCH 1 BODY[0]",
        "a FETCH 1 BODY[]<5>",
        "a FETCH 1 BODY[]<5.0>",
        "a FETCH 1 BODY[HEADER.FIELDS ()]",
        "a FETCH 1,, FLAGS",
        "a FETCH 4294967296 FLAGS",
        "a STORE 1 FLAGS (\\Recent)",
        "a STORE 1 FLAGS (\\*)",
        "a STORE 1 FLAG x",
        "a SEARCH",
        "a SEARCH FOO",
        "a SEARCH (ALL",
        "a SEARCH SINCE 31-Feb-2020",
        "a SEARCH SINCE 1-1-2020",
        "a LOGIN \"x",
        "a LOGIN x",
        "a LOGIN \"a\\b\" c",
        "a LIST",
        "a LIST \"\"",
        "a STATUS x ()",
        "a STATUS x (FOO)",
        "a UID NOOP",
        "a FOO",
        "a APPEND x",
        "a APPEND x hello",
        "a ENABLE",
        "a RENAME x",
        "a FETCH 1 FLAGS (CHANGEDSINCE 0)",
        "a SELECT x (FOO)",
        "a LIST (RECURSIVEMATCH) \"\" *",
        "a FETCH 1:2:3 FLAGS",
        "a SEARCH OR ALL",
        "a SEARCH NOT",
        "a AUTHENTICATE PLAIN *",
        "a LOGIN a\u0000b c",
        "a LOGIN a\rb c",
        "a LOGIN \"\u00ff\" c",
        "a \u00e9",
        "a ID (\"x\")",
        "a COPY 1 {5",
        "a COPY 1 {x}",
        "a COPY 1 x{5}",
      })
  void wrongCommandsAreBadAndTheNextIsRead(String line) {
    Wire wire = new Wire(line + "\r\nb NOOP\r\n");
    Parsed.Refused refused = (Parsed.Refused) wire.next();
    assertThat(refused.tag()).isEqualTo("a");
    assertThat(refused.no()).isFalse();
    assertThat(refused.close()).isFalse();
    assertThat(wire.next()).isEqualTo(new Parsed.Ok("b", new AnyStateCommand.Noop()));
    assertThat(wire.continuations).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "+ NOOP", "(a NOOP", "* NOOP", "\u00ff"})
  void wrongTagsAreUntaggedBad(String line) {
    Wire wire = new Wire(line + "\r\nb NOOP\r\n");
    assertThat(((Parsed.Refused) wire.next()).tag()).isNull();
    assertThat(((Parsed.Ok) wire.next()).tag()).isEqualTo("b");
  }

  @Test
  void literalsOfWrongCommandsAreNotTakenForCommands() {
    Wire wire = new Wire("a FOO {9+}\r\nx LOGOUT\r {4+}\r\nc d\r\r\nb NOOP\r\n");
    assertThat(((Parsed.Refused) wire.next()).tag()).isEqualTo("a");
    assertThat(wire.next()).isEqualTo(new Parsed.Ok("b", new AnyStateCommand.Noop()));
    assertThat(wire.next()).isEqualTo(new Parsed.EndOfInput());
  }

  @Test
  void whatIsNotAnnouncedIsBad() {
    for (String line :
        List.of(
            "SORT (DATE) UTF-8 ALL",
            "THREAD REFERENCES UTF-8 ALL",
            "SEARCH RETURN () ALL",
            "SEARCH YOUNGER 5",
            "SEARCH MODSEQ 5",
            "FETCH 1 MODSEQ",
            "FETCH 1 PREVIEW",
            "FETCH 1 BINARY[1]",
            "FETCH 1 FLAGS (CHANGEDSINCE 5)",
            "SELECT x (CONDSTORE)",
            "STORE 1 (UNCHANGEDSINCE 5) FLAGS x",
            "FETCH $ FLAGS",
            "GETACL x",
            "GETQUOTA x",
            "GETMETADATA x /shared/comment",
            "NOTIFY NONE",
            "COMPRESS DEFLATE",
            "LIST \"\" (a b)",
            "LIST \"\" * RETURN (SUBSCRIBED)",
            "STATUS x (SIZE)",
            "APPEND x ~{5}",
            "UNAUTHENTICATE",
            "ESEARCH ALL",
            "REPLACE 1 x {5}")) {
      Wire wire = new Wire("a " + line + "\r\n");
      wire.parser.allow(Grammar.BASE);
      assertThat(wire.next()).as(line).isInstanceOf(Parsed.Refused.class);
      assertThat(new Wire("a " + line + "\r\n").next()).as(line).isInstanceOf(Parsed.Ok.class);
    }
  }

  @Test
  void linesAndLiteralsHaveLimits() {
    String longLine = "a LOGIN " + "x".repeat(200_000) + " y";
    Wire wire = new Wire(longLine + "\r\nb NOOP\r\n");
    assertThat(((Parsed.Refused) wire.next()).tag()).isEqualTo("a");
    assertThat(((Parsed.Ok) wire.next()).tag()).isEqualTo("b");
    Wire literal = new Wire("a LOGIN {70000}\r\nb NOOP\r\n");
    assertThat(((Parsed.Refused) literal.next()).code()).isEqualTo(ResponseCode.Name.TOOBIG);
    assertThat(((Parsed.Ok) literal.next()).tag()).isEqualTo("b");
    Wire plus = new Wire("a LOGIN {70000+}\r\n" + "z".repeat(70000) + " y\r\nb NOOP\r\n");
    assertThat(((Parsed.Refused) plus.next()).code()).isEqualTo(ResponseCode.Name.TOOBIG);
    assertThat(((Parsed.Ok) plus.next()).tag()).isEqualTo("b");
  }

  @Test
  void tooMuchToSwallowGivesTheStreamUp() {
    Wire wire =
        new Wire(
            "a LOGIN {999999999+}\r\n".getBytes(StandardCharsets.US_ASCII),
            ParserLimits.BEFORE_LOGIN);
    assertThat(((Parsed.Refused) wire.next()).close()).isTrue();
    Wire endless =
        new Wire(
            ("a " + "x".repeat(200_000)).getBytes(StandardCharsets.US_ASCII),
            ParserLimits.BEFORE_LOGIN);
    assertThat(((Parsed.Refused) endless.next()).close()).isTrue();
  }

  @Test
  void nestingAndCountsHaveLimits() {
    assertLimit("a SEARCH " + "(".repeat(100) + "ALL" + ")".repeat(100) + "\r\n");
    assertLimit("a SEARCH " + "NOT ".repeat(100) + "ALL\r\n");
    assertLimit("a FETCH " + "1,".repeat(9000) + "1 FLAGS\r\n");
    assertLimit("a STORE 1 FLAGS (" + "a ".repeat(5000) + ")\r\n");
    assertThat(Wire.command("SEARCH " + "(".repeat(30) + "ALL" + ")".repeat(30)))
        .isInstanceOf(SelectedCommand.Search.class);
  }

  private static void assertLimit(String octets) {
    Parsed.Refused refused = Wire.refused(octets);
    assertThat(refused.code()).isEqualTo(ResponseCode.Name.LIMIT);
    assertThat(refused.tag()).isEqualTo("a");
  }

  @Test
  void mailboxNamesAreDecoded() {
    assertThat(Wire.command("SELECT \"~peter/mail/&U,BTFw-/&ZeVnLIqe-\""))
        .isEqualTo(
            new AuthenticatedCommand.Select(
                new MailboxName("~peter/mail/台北/日本語"), false, false, null));
    assertThat(Wire.command("SELECT inbox"))
        .isEqualTo(new AuthenticatedCommand.Select(MailboxName.INBOX, false, false, null));
    Parsed.Refused refused = Wire.refused("a CREATE a&b\r\n");
    assertThat(refused.no()).isTrue();
    assertThat(refused.code()).isEqualTo(ResponseCode.Name.CANNOT);
  }

  @Test
  void bareLfAndSpacesAreTaken() {
    Wire wire = new Wire("a  noop \nb LOGOUT\n");
    assertThat(wire.next()).isEqualTo(new Parsed.Ok("a", new AnyStateCommand.Noop()));
    assertThat(wire.next()).isEqualTo(new Parsed.Ok("b", new AnyStateCommand.Logout()));
  }

  @Test
  void authenticateReadsItsLines() throws IOException {
    Wire wire = new Wire("a AUTHENTICATE plain =\r\nAGEAYg==\r\n*\r\n!!\r\n");
    assertThat(((Parsed.Ok) wire.next()).command())
        .isEqualTo(new NotAuthenticatedCommand.Authenticate("PLAIN", Secret.of("")));
    assertThat(wire.parser.readSasl())
        .isEqualTo(new SaslLine.Response(Secret.of("\u0000a\u0000b")));
    assertThat(wire.parser.readSasl()).isEqualTo(new SaslLine.Cancelled());
    assertThat(wire.parser.readSasl()).isInstanceOf(SaslLine.Invalid.class);
    assertThat(wire.parser.readSasl()).isEqualTo(new SaslLine.EndOfInput());
  }

  @Test
  void idleEndsWithDone() throws IOException {
    Wire wire = new Wire("a IDLE\r\ndone\r\nfoo\r\n");
    assertThat(((Parsed.Ok) wire.next()).command()).isEqualTo(new AuthenticatedCommand.Idle());
    assertThat(wire.parser.readIdle()).isEqualTo(IdleLine.DONE);
    assertThat(wire.parser.readIdle()).isEqualTo(IdleLine.INVALID);
    assertThat(wire.parser.readIdle()).isEqualTo(IdleLine.END_OF_INPUT);
  }

  @Test
  void qresyncParametersAreRead() {
    AuthenticatedCommand.Select select =
        (AuthenticatedCommand.Select)
            Wire.command("SELECT INBOX (QRESYNC (67890007 90060115194045000 41:211,214:541))");
    assertThat(select.qresync())
        .isEqualTo(
            new AuthenticatedCommand.Qresync(
                67890007L,
                90060115194045000L,
                new SequenceSet.Builder().add(41, 211).add(214, 541).build(),
                null,
                null));
    assertThat(Wire.command("SELECT x (QRESYNC (1 2 (1,2 3,4)))"))
        .isInstanceOf(AuthenticatedCommand.Select.class);
  }
}
