package mailwing.imap.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import mailwing.imap.command.FetchItem;
import mailwing.service.imap.BodySection;
import mailwing.service.imap.HeaderSubset;
import mailwing.service.imap.Sections;
import mailwing.store.mime.MessageParser;
import mailwing.store.mime.ParsedMessage;
import mailwing.store.v1.Part;
import mailwing.testkit.RealMessages;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// What the store makes of real messages is told within the grammar, and every part it names can be
/// fetched.
class RealMessagesTest {

  @Test
  void everyMessageIsToldInTheGrammar() throws IOException {
    List<Path> files = RealMessages.files();
    assumeTrue(
        RealMessages.folder() != null,
        "no corpus: set -Dmailwing.corpus=DIR to a folder of .eml files");
    assertThat(files).isNotEmpty();
    for (Path file : files) {
      check(file, Files.readAllBytes(file));
    }
  }

  private static void check(Path file, byte[] octets) {
    ByteString message = ByteString.copyFrom(octets);
    ParsedMessage parsed = MessageParser.parse(octets);
    String told =
        Wire.written(
            w ->
                w.fetch(1)
                    .envelope(parsed.envelope().toByteString())
                    .body(parsed.structure())
                    .bodyStructure(parsed.structure())
                    .preview(parsed.preview())
                    .end());
    assertThat(Wire.read(false, told)).as(file.toString()).hasSize(1);
    boolean nul = holdsNul(octets);
    for (List<Integer> numbers : numbers(parsed.structure())) {
      BodySection section = new BodySection(numbers, BodySection.Text.CONTENT, List.of());
      Part part = Sections.part(parsed.structure(), numbers);
      assertThat(part).as("%s %s", file, numbers).isNotNull();
      Sections.Octets range = (Sections.Octets) Sections.resolve(parsed.structure(), section);
      assertThat(range.end()).isBetween(range.start(), (long) octets.length);
      if (!nul) {
        assertFetched(section, message.substring((int) range.start(), (int) range.end()));
      }
    }
    assertHeaderFieldsAddUp(parsed.structure(), message);
  }

  private static void assertFetched(BodySection section, ByteString octets) {
    FetchItem item = new FetchItem.Body(true, section, null);
    String told = Wire.written(w -> w.fetch(1).octets(item, octets).end());
    Map<String, @Nullable Object> items = Wire.read(false, told).getFirst().items();
    assertThat(items.values()).containsExactly(octets);
  }

  /// FIELDS and FIELDS.NOT of the same names are the whole header, but for the second empty line.
  private static void assertHeaderFieldsAddUp(Part root, ByteString message) {
    List<String> names = List.of("Received", "from", "SUBJECT", "Content-Type");
    Sections.Fields fields =
        (Sections.Fields)
            Sections.resolve(
                root, new BodySection(List.of(), BodySection.Text.HEADER_FIELDS, names));
    ByteString header = message.substring((int) fields.start(), (int) fields.end());
    ByteString with =
        HeaderSubset.of(
            header, new BodySection(List.of(), BodySection.Text.HEADER_FIELDS, names), null);
    ByteString without =
        HeaderSubset.of(
            header, new BodySection(List.of(), BodySection.Text.HEADER_FIELDS_NOT, names), null);
    int twice = with.size() + without.size() - header.size();
    assertThat(twice).isBetween(0, 2);
  }

  private static boolean holdsNul(byte[] octets) {
    for (byte octet : octets) {
      if (octet == 0) {
        return true;
      }
    }
    return false;
  }

  /// The number of each part that BODYSTRUCTURE tells.
  private static List<List<Integer>> numbers(Part root) {
    List<List<Integer>> all = new ArrayList<>();
    ofMessage(root, List.of(), all);
    return all;
  }

  private static void ofMessage(Part message, List<Integer> prefix, List<List<Integer>> to) {
    if (Sections.isMultipart(message)) {
      children(message, prefix, to);
    } else {
      ofPart(message, with(prefix, 1), to);
    }
  }

  private static void children(Part multipart, List<Integer> prefix, List<List<Integer>> to) {
    for (int i = 0; i < multipart.getPartsCount(); i++) {
      ofPart(multipart.getParts(i), with(prefix, i + 1), to);
    }
  }

  private static void ofPart(Part part, List<Integer> number, List<List<Integer>> to) {
    to.add(number);
    if (Sections.isMultipart(part)) {
      children(part, number, to);
    } else if (Sections.isMessage(part) && part.getPartsCount() == 1) {
      ofMessage(part.getParts(0), number, to);
    }
  }

  private static List<Integer> with(List<Integer> numbers, int last) {
    List<Integer> longer = new ArrayList<>(numbers);
    longer.add(last);
    return longer;
  }
}
