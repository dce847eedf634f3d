package mailwing.store.mime;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static mailwing.store.mime.Messages.addresses;
import static mailwing.store.mime.Messages.parse;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/// RFC 9051 section 7.5.2, RFC 5322 appendix A.
class EnvelopeTest {
  @Test
  void plainAddresses() {
    assertThat(addresses("jdoe@one.test")).containsExactly("-|-|jdoe|one.test");
    assertThat(addresses("Mary Smith <mary@example.net>"))
        .containsExactly("Mary Smith|-|mary|example.net");
    assertThat(addresses("\"Joe Q. Public\" <john.q.public@example.com>"))
        .containsExactly("Joe Q. Public|-|john.q.public|example.com");
    assertThat(addresses("Who? <one@y.test>")).containsExactly("Who?|-|one|y.test");
    assertThat(addresses("<boss@nil.test>, \"Giant; \\\"Big\\\" Box\" <sysservices@example.net>"))
        .containsExactly("-|-|boss|nil.test", "Giant; \"Big\" Box|-|sysservices|example.net");
  }

  /// RFC 5322 appendix A.1.3.
  @Test
  void groupsStartAndEnd() {
    assertThat(addresses("A Group:Ed Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;"))
        .containsExactly(
            "-|-|A Group|-",
            "Ed Jones|-|c|a.test",
            "-|-|joe|where.test",
            "John|-|jdoe|one.test",
            "-|-|-|-");
    assertThat(addresses("Undisclosed recipients:;"))
        .containsExactly("-|-|Undisclosed recipients|-", "-|-|-|-");
    assertThat(addresses("open: a@b")).containsExactly("-|-|open|-", "-|-|a|b", "-|-|-|-");
    assertThat(addresses("a:;, b@c")).containsExactly("-|-|a|-", "-|-|-|-", "-|-|b|c");
  }

  /// RFC 5322 appendices A.5 and A.6.
  @Test
  void commentsAndObsoleteForms() {
    assertThat(addresses("Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>"))
        .containsExactly("Pete|-|pete|silly.test");
    assertThat(
            addresses(
                "A Group(Some people)\n     :Chris Jones <c@(Chris's host.)public.example>,\n         joe@example.org,\n"
                    + "  John <jdoe@one.test> (my dear friend); (the end of the group)"))
        .containsExactly(
            "-|-|A Group|-",
            "Chris Jones|-|c|public.example",
            "-|-|joe|example.org",
            "John|-|jdoe|one.test",
            "-|-|-|-");
    assertThat(addresses("(Empty list)(start)Hidden recipients  :(nobody(that I know))  ;"))
        .containsExactly("-|-|Hidden recipients|-", "-|-|-|-");
    assertThat(
            addresses("Mary Smith <@node.test,@b.test:mary@example.net>, , jdoe@test  . example"))
        .containsExactly("Mary Smith|@node.test,@b.test|mary|example.net", "-|-|jdoe|test.example");
    assertThat(addresses("John Doe <jdoe@machine(comment).  example>"))
        .containsExactly("John Doe|-|jdoe|machine.example");
    assertThat(addresses("jdoe@one.test (John Doe)")).containsExactly("John Doe|-|jdoe|one.test");
    assertThat(addresses("Joe Q. Public <a . b @ c . d>"))
        .containsExactly("Joe Q. Public|-|a.b|c.d");
  }

  @Test
  void quotedLocalPartsAndLiterals() {
    assertThat(addresses("\"a b\"@c")).containsExactly("-|-|a b|c");
    assertThat(addresses("<\"a@b\"@[IPv6:::1]>")).containsExactly("-|-|a@b|[IPv6:::1]");
    assertThat(addresses("x@[127.0.0.1]")).containsExactly("-|-|x|[127.0.0.1]");
  }

  @Test
  void encodedWordsAndOctetsStayAsTheyAre() {
    assertThat(addresses("=?utf-8?Q?J=C3=B6rg?= =?utf-8?Q?x?= <j@x>"))
        .containsExactly("=?utf-8?Q?J=C3=B6rg?= =?utf-8?Q?x?=|-|j|x");
    assertThat(addresses("J\u00f6rg <j\u00f6@x>")).containsExactly("J\u00f6rg|-|j\u00f6|x");
  }

  @Test
  void brokenAddressesAreNoGroups() {
    assertThat(addresses("root")).containsExactly("-|-|root|");
    assertThat(addresses("Just A Name")).containsExactly("Just A Name|-||");
    assertThat(addresses("<>")).containsExactly("-|-||");
    assertThat(addresses("a@b c@d")).containsExactly("-|-|a|b", "-|-|c|d");
    assertThat(addresses("a@b <c@d>")).containsExactly("a@b|-|c|d");
    assertThat(addresses("Name <a@b")).containsExactly("Name|-|a|b");
    assertThat(addresses("\"open <a@b>")).containsExactly("open <a@b>|-||");
    assertThat(addresses(",,; ,")).isEmpty();
    assertThat(addresses("")).isEmpty();
    for (String odd :
        new String[] {
          "@", "(", ")", "<", ">", ":", "\\", "\"", "[", "@@", "a@", "<@", "<@:", "a@(", "<a@b>(",
          "a@[", ";:;:"
        }) {
      addresses(odd);
      addresses(odd + odd);
      addresses("x " + odd + " y");
    }
  }

  @Test
  void addressesAreBounded() {
    assertThat(addresses("a@b,".repeat(20_000))).hasSize(MimeLimits.ADDRESSES - 1);
    assertThat(addresses("a:;".repeat(20_000))).hasSizeLessThanOrEqualTo(MimeLimits.ADDRESSES + 1);
  }

  @Test
  void senderAndReplyToDefaultToFrom() {
    var envelope = parse("From: a@b, c@d\nSender: \nReply-To: <e@f>\n\n").envelope();
    assertThat(addresses(envelope.getSenderList())).containsExactly("-|-|a|b", "-|-|c|d");
    assertThat(addresses(envelope.getReplyToList())).containsExactly("-|-|e|f");
    assertThat(envelope.getToCount()).isZero();
  }

  @Test
  void absentIsNilAndEmptyIsEmpty() {
    var envelope = parse("Subject:\nMessage-ID: \nDate:\t\n\n").envelope();
    assertThat(envelope.hasSubject()).isTrue();
    assertThat(envelope.getSubject().isEmpty()).isTrue();
    assertThat(envelope.hasMessageId()).isTrue();
    assertThat(envelope.hasDate()).isTrue();
    assertThat(envelope.hasInReplyTo()).isFalse();
    assertThat(parse("\n").envelope().hasSubject()).isFalse();
  }

  @Test
  void rawOctetsStay() {
    var envelope = parse("Subject: \u00e4\u00ff =?x?\n\n").envelope();
    assertThat(envelope.getSubject().toString(ISO_8859_1)).isEqualTo("\u00e4\u00ff =?x?");
  }

  @Test
  void idsOfThreads() {
    var message =
        parse(
            "Message-ID:  <a@b> (c)\nIn-Reply-To: Your message of \"<x@y>\" <c@d>\nReferences: <1@x>\n\t<\"2\"@x><3@ x> junk <no>\n\n");
    assertThat(message.messageId()).isEqualTo("a@b");
    assertThat(message.inReplyTo()).containsExactly("c@d");
    assertThat(message.references()).containsExactly("1@x", "2@x", "3@x");
    assertThat(parse("In-Reply-To: <c@d> <e@f>\n\n").references()).containsExactly("c@d");
    assertThat(parse("References: junk\nIn-Reply-To: <c@d>\n\n").references())
        .containsExactly("c@d");
    assertThat(parse("\n").messageId()).isNull();
    var many = new StringBuilder("References:");
    for (int i = 0; i < 1000; i++) {
      many.append(" <").append(i).append("@x>\n");
    }
    var references = parse(many + "\n").references();
    assertThat(references).hasSize(MimeLimits.REFERENCES).startsWith("0@x").endsWith("999@x");
    var longest = new StringBuilder("References:");
    for (int i = 0; i < 100; i++) {
      longest.append(" <").append(i).append("e".repeat(800)).append("@x>\n");
    }
    references = parse(longest + "\n").references();
    assertThat(references).hasSize(MimeLimits.REFERENCES_OCTETS / 804);
    assertThat(references.getFirst()).startsWith("0e");
    assertThat(references.getLast()).startsWith("99e");
  }
}
