package mailwing.store.domain;

import java.io.ByteArrayOutputStream;
import java.util.BitSet;

/// Some of a segment's messages by their ordinals, in whichever form is shortest: a few by their
/// distances, nearly all by the distances of the others, anything between as bits.
final class OrdinalList {
  /// Bits that say the form.
  static final int FORM_BITS = 2;

  private static final int THESE = 0;
  private static final int OTHERS = 1;
  private static final int BITS = 2;

  private final ByteArrayOutputStream octets = new ByteArrayOutputStream();
  private int form;

  /// Takes these of `size` ordinals, for [#form] and [#octets].
  void set(BitSet ordinals, int size) {
    octets.reset();
    int count = ordinals.cardinality();
    if (count <= size / 8) {
      form = THESE;
      distances(ordinals, size);
    } else if (size - count <= size / 8) {
      form = OTHERS;
      BitSet others = (BitSet) ordinals.clone();
      others.flip(0, size);
      distances(others, size);
    } else {
      form = BITS;
      octets.writeBytes(ordinals.toByteArray());
    }
  }

  private void distances(BitSet ordinals, int size) {
    int before = -1;
    for (int i = ordinals.nextSetBit(0); i >= 0 && i < size; i = ordinals.nextSetBit(i + 1)) {
      Varints.write(octets, i - before - 1L);
      before = i;
    }
  }

  int form() {
    return form;
  }

  int length() {
    return octets.size();
  }

  void writeTo(ByteArrayOutputStream out) {
    out.writeBytes(octets.toByteArray());
  }

  /// The ordinals of a list of this form in `octets[from, end)`, of a segment of `size` messages.
  static BitSet read(int form, byte[] octets, int from, int end, int size) {
    if (form == BITS) {
      return BitSet.valueOf(java.nio.ByteBuffer.wrap(octets, from, end - from));
    }
    BitSet ordinals = new BitSet(size);
    int before = -1;
    for (Varints.Reader in = new Varints.Reader(octets, from, end); in.more(); ) {
      before += in.next() + 1;
      ordinals.set(before);
    }
    if (form == OTHERS) {
      ordinals.flip(0, size);
    }
    return ordinals;
  }
}
