package mailwing.imap.session;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import mailwing.imap.cache.KnownMessage;
import mailwing.store.v1.EnvelopeArrays;
import org.junit.jupiter.api.Test;

/// Envelopes that were told together are found by UID, wherever they lie and in whatever order they
/// are asked for.
class ToldEnvelopesTest {
  private static final long SEED = 20261123;

  private final Random random = new Random(SEED);

  /// What was told of each.
  private final Map<Integer, ByteString> expected = new HashMap<>();

  private final List<Integer> uids = new ArrayList<>();

  /// Some blocks, in which there is also what nobody is told of; UIDs on both sides of 2^31.
  private EnvelopeArrays told(boolean inOrder) {
    List<ByteString> blocks = new ArrayList<>();
    List<int[]> places = new ArrayList<>();
    int end = 0;
    for (int i = 0; i < 40; i++) {
      ByteString block = ByteString.EMPTY;
      for (int j = random.nextInt(12); j > 0; j--) {
        String octets = i + "." + j + ".".repeat(random.nextInt(20));
        if (random.nextInt(4) > 0) {
          places.add(new int[] {end + block.size(), random.nextInt(20) == 0 ? 0 : octets.length()});
        }
        block = block.concat(ByteString.copyFrom(octets, StandardCharsets.US_ASCII));
      }
      blocks.add(block);
      end += block.size();
    }
    if (!inOrder) {
      Collections.shuffle(places, random);
    }
    ByteString all = ByteString.copyFrom(blocks);
    EnvelopeArrays.Builder told = EnvelopeArrays.newBuilder().addAllBlocks(blocks);
    int uid = Integer.MAX_VALUE - places.size();
    for (int[] place : places) {
      uid += 1 + random.nextInt(3);
      told.addUids(uid).addStarts(place[0]).addLengths(place[1]);
      uids.add(uid);
      expected.put(uid, all.substring(place[0], place[0] + place[1]));
    }
    return told.build();
  }

  private void find(ToldEnvelopes told, List<Integer> asked) {
    for (int uid : asked) {
      assertThat(told.of(uid))
          .isEqualTo(expected.containsKey(uid) ? KnownMessage.ofEnvelope(expected.get(uid)) : null);
    }
  }

  private void findInEachOrder(ToldEnvelopes told) {
    find(told, uids);
    find(told, uids.reversed());
    List<Integer> any = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      any.add(uids.get(random.nextInt(uids.size())) + random.nextInt(3) - 1);
    }
    find(told, any);
    assertThat(told.count()).isEqualTo(uids.size());
    for (int i = 0; i < uids.size(); i++) {
      assertThat(told.uid(i)).isEqualTo(uids.get(i));
      assertThat(told.known(i).envelope()).isEqualTo(expected.get(uids.get(i)));
    }
  }

  @Test
  void eachIsFoundWhereTheyLieInTheirOrderSeed20261123() {
    findInEachOrder(new ToldEnvelopes(told(true)));
  }

  @Test
  void eachIsFoundWhereTheyLieInAnyOrderSeed20261123() {
    findInEachOrder(new ToldEnvelopes(told(false)));
  }

  @Test
  void ofNoneNothingIsFound() {
    ToldEnvelopes none = new ToldEnvelopes(EnvelopeArrays.getDefaultInstance());
    assertThat(none.of(1)).isNull();
    assertThat(none.octets()).isZero();
  }

  @Test
  void aBatchKnowsWhatWasToldTogetherAndWhatWasToldOfSingleMessages() {
    EnvelopeArrays told = told(true);
    KnownMessages known = new KnownMessages(uids.stream().mapToInt(Integer::intValue).toArray());
    known.put(new ToldEnvelopes(EnvelopeArrays.getDefaultInstance()));
    known.put(new ToldEnvelopes(told));
    KnownMessage single = KnownMessage.ofEnvelope(ByteString.copyFromUtf8("single"));
    known.put(uids.get(7), single);
    for (int i = 0; i < uids.size(); i++) {
      assertThat(known.of(uids.get(i)).envelope())
          .isEqualTo(i == 7 ? single.envelope() : expected.get(uids.get(i)));
    }
    assertThat(known.of(1)).isEqualTo(KnownMessage.NOTHING);
  }
}
