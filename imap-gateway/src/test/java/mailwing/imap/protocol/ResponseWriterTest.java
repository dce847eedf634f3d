package mailwing.imap.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import java.io.IOException;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import mailwing.imap.command.AnyStateCommand;
import mailwing.imap.command.FetchItem;
import mailwing.imap.command.FlagList;
import mailwing.imap.command.InternalDate;
import mailwing.imap.command.MailboxName;
import mailwing.imap.command.PartialRange;
import mailwing.imap.command.SequenceSet.Range;
import mailwing.imap.command.StatusItem;
import mailwing.service.imap.BodySection;
import mailwing.service.imap.Partial;
import mailwing.store.v1.Address;
import mailwing.store.v1.Envelope;
import mailwing.store.v1.Parameter;
import mailwing.store.v1.Part;
import mailwing.testkit.imap.ImapResponse;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@SuppressWarnings("StringConcatToTextBlock") // The line ends are part of what is tested.
class ResponseWriterTest {

  @Test
  void statusResponsesAreThoseOfTheRfc() {
    String text =
        Wire.written(
            w -> {
              w.untaggedOk(new ResponseCode.Unseen(12), "Message 12 is first unseen");
              w.untaggedOk(new ResponseCode.UidValidity(3857529045L), "UIDs valid");
              w.untaggedOk(
                  new ResponseCode.PermanentFlags(
                      new FlagList(FlagList.DELETED | FlagList.SEEN, List.of()), true),
                  "Limited");
              w.ok("A142", ResponseCode.Name.READ_WRITE, "SELECT completed");
              w.bad(null, "line\r\nbreak\u0000");
              w.no("a", null, "[ALERT] no code");
            });
    assertThat(text)
        .isEqualTo(
            "* OK [UNSEEN 12] Message 12 is first unseen\r\n"
                + "* OK [UIDVALIDITY 3857529045] UIDs valid\r\n"
                + "* OK [PERMANENTFLAGS (\\Seen \\Deleted \\*)] Limited\r\n"
                + "A142 OK [READ-WRITE] SELECT completed\r\n"
                + "* BAD line??break?\r\n"
                + "a NO  [ALERT] no code\r\n");
    assertThat(Wire.read(false, text)).hasSize(6);
  }

  @Test
  void everyResponseCodeIsInTheGrammar() {
    List<Range> uids = List.of(new Range(3, 5), new Range(9, 9));
    for (ResponseCode code :
        List.<ResponseCode>of(
            new ResponseCode.BadCharset(List.of("UTF-8", "US-ASCII")),
            new ResponseCode.Capability(List.of("IMAP4rev1", "AUTH=PLAIN")),
            new ResponseCode.UidNext(4392),
            new ResponseCode.AppendUid(38505, uids),
            new ResponseCode.CopyUid(38505, uids, uids),
            new ResponseCode.HighestModSeq(715194045007L),
            new ResponseCode.Modified(uids),
            new ResponseCode.MailboxId("F2212ea87-6097-4256-9d51-71338625"),
            new ResponseCode.Metadata("LONGENTRIES", 2199),
            new ResponseCode.Metadata("TOOMANY", -1),
            ResponseCode.Name.TOOFEW,
            ResponseCode.Name.TOOMANY,
            new ResponseCode.BadEvent(List.of("MessageNew", "FlagChange")),
            new ResponseCode.BadUrl("/a ]b\r\n\"(;UID=1"),
            new ResponseCode.NoUpdate("B02"),
            new ResponseCode.MessageLimit(1000, 23221),
            new ResponseCode.InProgress("A001", 454, 1000),
            new ResponseCode.InProgress(null, -1, -1))) {
      String text = Wire.written(w -> w.ok("a", code, "done"));
      if (code instanceof ResponseCode.BadUrl) {
        // A URL is no atom; only its end must be clear.
        assertThat(text).isEqualTo("a OK [BADURL /ab\"(;UID=1] done\r\n");
      } else {
        assertThat(Wire.read(false, text).getFirst().code()).as(text).isNotNull();
      }
    }
    for (ResponseCode.Name name : ResponseCode.Name.values()) {
      String text = Wire.written(w -> w.no("a", name, "no"));
      assertThat(Wire.read(false, text).getFirst().code()).isEqualTo(name.wire());
    }
  }

  @Test
  void mailboxDataIsInTheGrammar() {
    String text =
        Wire.written(
            w -> {
              w.capability(List.of("IMAP4rev1", "IDLE"));
              w.flags(new FlagList(31, List.of("$Junk", "not an atom")));
              w.exists(172);
              w.recent(0);
              w.expunge(3);
              w.vanished(true, List.of(new Range(41, 41), new Range(43, 116)));
              w.vanished(false, List.of());
              w.list(List.of("\\Noselect"), new MailboxName(""));
              w.list(
                  List.of("\\HasChildren"),
                  new MailboxName("台北/\"x\\"),
                  List.of("SUBSCRIBED"),
                  new MailboxName("nil"));
              w.lsub(List.of(), MailboxName.INBOX);
              w.status(
                  new MailboxName("a b"),
                  List.of(StatusItem.MESSAGES, StatusItem.APPENDLIMIT, StatusItem.MAILBOXID),
                  item -> item == StatusItem.MESSAGES ? 231 : -1,
                  "M1");
              w.namespace(List.of(""), List.of(), List.of("Public/", "Other/"));
              w.id(List.of(new AnyStateCommand.Id.Field("name", "Mailwing")));
              w.id(List.of());
              SearchWriter.SearchLine line = w.searches().search(false);
              line.add(2);
              line.add(84);
              line.end(917162500);
              w.searches().search(false).end(0);
              w.quotaRoot(MailboxName.INBOX, List.of(""));
              w.quota("", List.of(new ResponseWriter.Usage("STORAGE", 10, 512)));
              w.myRights(MailboxName.INBOX, "lrswipkxtea");
            });
    assertThat(text)
        .contains("* LIST (\\Noselect) \"/\" \"\"\r\n")
        .contains(
            "* LIST (\\HasChildren) \"/\" \"&U,BTFw-/\\\"x\\\\\""
                + " (CHILDINFO (\"SUBSCRIBED\") OLDNAME (\"nil\"))\r\n")
        .contains("* NAMESPACE ((\"\" \"/\")) NIL ((\"Public/\" \"/\")(\"Other/\" \"/\"))\r\n")
        .contains("* SEARCH 2 84 (MODSEQ 917162500)\r\n* SEARCH\r\n")
        .contains("* STATUS \"a b\" (MESSAGES 231 APPENDLIMIT NIL MAILBOXID (M1))\r\n")
        .contains("* VANISHED (EARLIER) 41,43:116\r\n");
    assertThat(Wire.read(false, text)).hasSize(18);
  }

  @Test
  void threadsAreThoseOfTheRfc() {
    // RFC 5256 §4: 2; 3 with 6, below which 4 with 23 and 44 with 7 and 96; and a missing parent.
    String text =
        Wire.written(
            w -> {
              w.searches()
                  .threads(
                      new long[] {2, 3, 6, 4, 23, 44, 7, 96},
                      new int[] {0, 0, 1, 2, 3, 2, 3, 4},
                      8);
              w.searches().threads(new long[] {0, 3, 5}, new int[] {0, 1, 1}, 3);
              w.searches()
                  .threads(new long[] {1, 2, 3, 4, 5, 6, 7}, new int[] {0, 1, 1, 2, 2, 1, 0}, 7);
              w.searches().threads(new long[0], new int[0], 0);
            });
    assertThat(text)
        .isEqualTo(
            "* THREAD (2)(3 6 (4 23)(44 7 96))\r\n"
                + "* THREAD ((3)(5))\r\n"
                + "* THREAD (1 (2)(3 (4)(5))(6))(7)\r\n"
                + "* THREAD\r\n");
  }

  @Test
  void esearchOfMailboxesIsThatOfTheRfc() {
    assertThat(
            Wire.written(
                w ->
                    w.searches()
                        .esearch(
                            new SearchWriter.Correlator("tag1", new MailboxName("folder1"), 1),
                            true,
                            new SearchWriter.Esearch(
                                0,
                                0,
                                -1,
                                List.of(new Range(4001, 4001)),
                                0,
                                null,
                                List.of(),
                                null))))
        .isEqualTo("* ESEARCH (TAG \"tag1\" MAILBOX folder1 UIDVALIDITY 1) UID ALL 4001\r\n");
  }

  @Test
  void esearchIsThatOfTheRfc() {
    String text =
        Wire.written(
            w -> {
              w.searches()
                  .esearch(
                      SearchWriter.Correlator.of("A282"),
                      false,
                      new SearchWriter.Esearch(2, 0, 3, null, 0, null, List.of(), null));
              w.searches()
                  .esearch(
                      SearchWriter.Correlator.of("A283"),
                      true,
                      new SearchWriter.Esearch(
                          0,
                          0,
                          -1,
                          List.of(new Range(2, 2), new Range(10, 11)),
                          0,
                          null,
                          List.of(),
                          null));
              w.searches()
                  .esearch(
                      SearchWriter.Correlator.of("x"),
                      true,
                      new SearchWriter.Esearch(
                          0, 0, -1, List.of(), 0, new PartialRange(-1, -100), List.of(), null));
              w.searches()
                  .esearch(
                      SearchWriter.Correlator.of("B1"),
                      false,
                      new SearchWriter.Esearch(
                          0,
                          0,
                          -1,
                          List.of(new Range(1, 1), new Range(5, 5)),
                          0,
                          null,
                          List.of(),
                          List.of(4, 99)));
              w.searches()
                  .update(
                      SearchWriter.Correlator.of("B01"),
                      true,
                      List.of(new SearchWriter.Moved(0, List.of(new Range(7, 8)))),
                      List.of(
                          new SearchWriter.Moved(1, List.of(new Range(2733, 2733))),
                          new SearchWriter.Moved(1, List.of(new Range(2731, 2732)))));
            });
    assertThat(text)
        .isEqualTo(
            "* ESEARCH (TAG \"A282\") MIN 2 COUNT 3\r\n"
                + "* ESEARCH (TAG \"A283\") UID ALL 2,10:11\r\n"
                + "* ESEARCH (TAG \"x\") UID PARTIAL (-1:-100 NIL)\r\n"
                + "* ESEARCH (TAG \"B1\") ALL 1,5 RELEVANCY (4 99)\r\n"
                + "* ESEARCH (TAG \"B01\") UID REMOVEFROM (0 7:8) ADDTO (1 2733 1 2731:2732)\r\n");
    assertThat(Wire.read(false, text)).hasSize(5);
  }

  /// RFC 9051 §8.
  @Test
  void envelopeAndBodyAreThoseOfTheRfc() {
    Address gray = address("Terry Gray", "gray", "cac.washington.edu");
    Envelope envelope =
        Envelope.newBuilder()
            .setDate(utf8("Wed, 17 Jul 1996 02:23:25 -0700 (PDT)"))
            .setSubject(utf8("IMAP4rev2 WG mtg summary and minutes"))
            .addFrom(gray)
            .addSender(gray)
            .addReplyTo(gray)
            .addTo(address(null, "imap", "cac.washington.edu"))
            .addCc(address(null, "minutes", "CNRI.Reston.VA.US"))
            .addCc(address("John Klensin", "KLENSIN", "MIT.EDU"))
            .setMessageId(utf8("<B27397-0100000@cac.washington.ed>"))
            .build();
    Part part =
        text("US-ASCII").toBuilder().setBodyOffset(500).setEndOffset(3528).setLines(92).build();
    String text =
        Wire.written(
            w ->
                w.fetch(12)
                    .flags(FlagList.SEEN, false, List.of())
                    .internalDate(new InternalDate(837596665000L, -420))
                    .size(4286)
                    .envelope(envelope.toByteString())
                    .body(part)
                    .end());
    assertThat(text)
        .isEqualTo(
            "* 12 FETCH (FLAGS (\\Seen) INTERNALDATE \"17-Jul-1996 02:44:25 -0700\""
                + " RFC822.SIZE 4286 ENVELOPE (\"Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\""
                + " \"IMAP4rev2 WG mtg summary and minutes\""
                + " ((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\"))"
                + " ((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\"))"
                + " ((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\"))"
                + " ((NIL NIL \"imap\" \"cac.washington.edu\"))"
                + " ((NIL NIL \"minutes\" \"CNRI.Reston.VA.US\")"
                + "(\"John Klensin\" NIL \"KLENSIN\" \"MIT.EDU\")) NIL NIL"
                + " \"<B27397-0100000@cac.washington.ed>\")"
                + " BODY (\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7BIT\" 3028"
                + " 92))\r\n");
    assertThat(Wire.read(false, text)).hasSize(1);
  }

  /// Whatever octet stands wherever in a subject.
  @Test
  void everyOctetOfAnEnvelopeIsToldInTheGrammar() {
    for (int octet = 0; octet < 256; octet++) {
      for (int place = 0; place < 20; place++) {
        byte[] subject = "abcdefghijklmnopqrst".getBytes(java.nio.charset.StandardCharsets.UTF_8);
        subject[place] = (byte) octet;
        String plain = Octets.latin1(subject);
        String expected =
            switch (octet) {
              case 0 -> '"' + plain.replace("\0", "") + '"';
              case '"', '\\' -> '"' + plain.replace("" + (char) octet, "\\" + (char) octet) + '"';
              default ->
                  octet == '\t' || (octet >= 0x20 && octet < 0x7f)
                      ? '"' + plain + '"'
                      : "{20}\r\n" + plain;
            };
        ByteString envelope =
            Envelope.newBuilder().setSubject(ByteString.copyFrom(subject)).build().toByteString();
        assertThat(Wire.written(w -> w.fetch(1).envelope(envelope).end()))
            .isEqualTo(
                "* 1 FETCH (ENVELOPE (NIL " + expected + " NIL NIL NIL NIL NIL NIL NIL NIL))\r\n");
      }
    }
  }

  /// What a newer store has learned of messages is passed over, whatever kind of field it is.
  @Test
  void whatAnEnvelopeHasBesideIsPassedOver() {
    Envelope more =
        Envelope.newBuilder()
            .setMessageId(utf8("<1@x>"))
            .setUnknownFields(
                UnknownFieldSet.newBuilder()
                    .addField(
                        100,
                        UnknownFieldSet.Field.newBuilder()
                            .addVarint(-1)
                            .addFixed32(1)
                            .addFixed64(1)
                            .addLengthDelimited(utf8("more"))
                            .build())
                    .build())
            .build();
    assertThat(Wire.written(w -> w.fetch(1).envelope(more.toByteString()).end()))
        .isEqualTo("* 1 FETCH (ENVELOPE (NIL NIL NIL NIL NIL NIL NIL NIL NIL \"<1@x>\"))\r\n");
  }

  /// More addresses than the writer's buffer has room for.
  @Test
  void aLongListOfAddressesIsToldWhole() {
    Address address = address("A \"B\"", "a", "b.example");
    Envelope envelope = Envelope.newBuilder().addAllTo(Collections.nCopies(3000, address)).build();
    assertThat(Wire.written(w -> w.fetch(1).envelope(envelope.toByteString()).end()))
        .isEqualTo(
            "* 1 FETCH (ENVELOPE (NIL NIL NIL NIL NIL ("
                + "(\"A \\\"B\\\"\" NIL \"a\" \"b.example\")".repeat(3000)
                + ") NIL NIL NIL NIL))\r\n");
  }

  private static Address address(
      @org.jspecify.annotations.Nullable String name, String mailbox, String host) {
    Address.Builder address = Address.newBuilder().setMailbox(utf8(mailbox)).setHost(utf8(host));
    if (name != null) {
      address.setName(utf8(name));
    }
    return address.build();
  }

  private static Part text(String charset) {
    return Part.newBuilder()
        .setType(utf8("TEXT"))
        .setSubtype(utf8("PLAIN"))
        .addParameters(Parameter.newBuilder().setName(utf8("CHARSET")).setValue(utf8(charset)))
        .setEncoding(utf8("7BIT"))
        .build();
  }

  private static ByteString utf8(String text) {
    return ByteString.copyFromUtf8(text);
  }

  /// RFC 9051 §7.5.2, the example of BODYSTRUCTURE.
  @Test
  void bodyStructureOfMultipartIsThatOfTheRfc() {
    Part file =
        Part.newBuilder()
            .setType(utf8("TEXT"))
            .setSubtype(utf8("PLAIN"))
            .addParameters(
                Parameter.newBuilder().setName(utf8("CHARSET")).setValue(utf8("US-ASCII")))
            .addParameters(Parameter.newBuilder().setName(utf8("NAME")).setValue(utf8("cc.diff")))
            .setContentId(utf8("<960723163407.20117h@cac.washington.edu>"))
            .setDescription(utf8("Compiler diff"))
            .setEncoding(utf8("BASE64"))
            .setEndOffset(4554)
            .setLines(73)
            .build();
    Part mixed =
        Part.newBuilder()
            .setType(utf8("multipart"))
            .setSubtype(utf8("MIXED"))
            .addParts(text("US-ASCII").toBuilder().setEndOffset(1152).setLines(23))
            .addParts(file)
            .build();
    String text = Wire.written(w -> w.fetch(1).body(mixed).bodyStructure(mixed).end());
    assertThat(text)
        .startsWith(
            "* 1 FETCH (BODY ((\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7BIT\" 1152"
                + " 23)(\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\" \"NAME\" \"cc.diff\")"
                + " \"<960723163407.20117h@cac.washington.edu>\" \"Compiler diff\" \"BASE64\" 4554"
                + " 73) \"MIXED\") BODYSTRUCTURE (");
    assertThat(Wire.read(false, text)).hasSize(1);
  }

  @Test
  void sectionsNameThemselvesWithoutPeek() {
    FetchItem.Body fields =
        new FetchItem.Body(
            true,
            new BodySection(
                List.of(1, 2), BodySection.Text.HEADER_FIELDS, List.of("From", "a b", "x\r\ny")),
            new Partial(5, 10));
    String text =
        Wire.written(
            w ->
                w.fetch(1)
                    .octets(fields, ByteString.copyFromUtf8("abc"))
                    .nil(new FetchItem.Body(false, BodySection.WHOLE, null))
                    .octets(FetchItem.Attribute.RFC822_HEADER, ByteString.EMPTY)
                    .binarySize(new FetchItem.BinarySize(List.of(3)), 17)
                    .preview(null)
                    .end());
    assertThat(text)
        .isEqualTo(
            "* 1 FETCH (BODY[1.2.HEADER.FIELDS (From \"a b\" {4}\r\nx\r\ny)]<5> {3}\r\nabc"
                + " BODY[] NIL RFC822.HEADER {0}\r\n BINARY.SIZE[3] 17 PREVIEW NIL)\r\n");
    assertThat(Wire.read(false, text).getFirst().items()).hasSize(5);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void whateverAMessageHoldsIsWrittenInTheGrammar(long seed) {
    Random random = new Random(seed);
    for (int round = 0; round < 100; round++) {
      boolean utf8 = random.nextBoolean();
      Part part = randomPart(random, 0);
      Envelope envelope = randomEnvelope(random);
      InternalDate date = new InternalDate(random.nextLong(), random.nextInt(12000) - 6000);
      byte[] body = octets(random, false);
      MailboxName name = new MailboxName(randomName(random));
      String text =
          Wire.written(
              utf8,
              w -> {
                w.list(List.of(), name);
                FetchWriter fetch = w.fetch(1 + random.nextInt(1000));
                fetch
                    .envelope(envelope.toByteString())
                    .body(part)
                    .bodyStructure(part)
                    .internalDate(date);
                fetch.preview(randomName(random)).uid(4294967295L);
                fetch.octets(
                    new FetchItem.Body(false, BodySection.WHOLE, null), ByteString.copyFrom(body));
                fetch.end();
              });
      List<ImapResponse> read = Wire.read(utf8, text);
      assertThat(read).as("seed %d round %d", seed, round).hasSize(2);
      assertThat(read.getLast().items().get("BODY[]")).isEqualTo(ByteString.copyFrom(body));
    }
  }

  private static String randomName(Random random) {
    int[] points = {'a', '&', '/', 0xe9, 0x53f0, 0x1f600, '"', '\\', ' ', '*', '{', ']', '~'};
    StringBuilder name = new StringBuilder();
    for (int i = random.nextInt(8); i >= 0; i--) {
      name.appendCodePoint(points[random.nextInt(points.length)]);
    }
    return name.toString();
  }

  private static byte[] octets(Random random, boolean nul) {
    byte[] octets = new byte[random.nextInt(10) == 0 ? 1500 : random.nextInt(12)];
    boolean plain = random.nextBoolean();
    for (int i = 0; i < octets.length; i++) {
      octets[i] = (byte) (plain ? 'a' + random.nextInt(26) : random.nextInt(256));
      if (!nul && octets[i] == 0) {
        octets[i] = '"';
      }
    }
    return octets;
  }

  private static ByteString string(Random random) {
    return ByteString.copyFrom(octets(random, true));
  }

  private static Envelope randomEnvelope(Random random) {
    Envelope.Builder envelope = Envelope.newBuilder();
    if (random.nextBoolean()) {
      envelope.setDate(string(random)).setSubject(string(random)).setMessageId(string(random));
    }
    for (int i = random.nextInt(3); i > 0; i--) {
      envelope.addFrom(randomAddress(random)).addBcc(randomAddress(random));
    }
    return envelope.build();
  }

  private static Address randomAddress(Random random) {
    Address.Builder address = Address.newBuilder();
    if (random.nextBoolean()) {
      address.setName(string(random)).setRoute(string(random));
    }
    if (random.nextBoolean()) {
      address.setMailbox(string(random)).setHost(string(random));
    }
    return address.build();
  }

  private static Part randomPart(Random random, int depth) {
    Part.Builder part = Part.newBuilder();
    List<String> types =
        Arrays.asList("text", "MULTIPART", "message", "application", "", "\u0000\r\n\"");
    part.setType(utf8(types.get(random.nextInt(types.size()))));
    part.setSubtype(random.nextBoolean() ? utf8("rfc822") : string(random));
    part.setHeaderOffset(10).setBodyOffset(20).setEndOffset(20 + random.nextLong(1L << 40));
    part.setLines(random.nextInt(1000));
    if (random.nextBoolean()) {
      part.setEncoding(string(random)).setContentId(string(random)).setMd5(string(random));
      part.setDisposition(string(random)).setLocation(string(random));
    }
    for (int i = random.nextInt(3); i > 0; i--) {
      part.addParameters(Parameter.newBuilder().setName(string(random)).setValue(string(random)));
      part.addLanguage(string(random));
    }
    for (int i = depth < 3 ? random.nextInt(4) : 0; i > 0; i--) {
      part.addParts(randomPart(random, depth + 1));
    }
    return part.setEnvelope(randomEnvelope(random)).build();
  }

  @Test
  void numbersOfAllSizesAreWritten() throws IOException {
    String text =
        Wire.written(
            w -> {
              w.exists(0);
              w.exists(9);
              w.exists(10);
              w.exists(4294967295L);
            });
    assertThat(text)
        .isEqualTo("* 0 EXISTS\r\n* 9 EXISTS\r\n* 10 EXISTS\r\n* 4294967295 EXISTS\r\n");
  }
}
