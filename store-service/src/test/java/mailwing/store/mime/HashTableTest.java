package mailwing.store.mime;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class HashTableTest {
  /// Far more than was expected, with keys whose low bits are alike.
  @Test
  void holdsWhatAMapHolds() {
    Random random = new Random(1);
    HashTable table = new HashTable(3);
    Map<Long, Integer> map = new HashMap<>();
    for (int i = 0; i < 20_000; i++) {
      long key = ((long) random.nextInt(8_000) << 20) + 1;
      if (random.nextBoolean()) {
        Integer before = map.putIfAbsent(key, i);
        assertThat(table.putIfAbsent(key, i)).isEqualTo(before == null ? HashTable.NONE : before);
      } else {
        map.put(key, i);
        table.put(key, i);
      }
    }
    for (long k = 0; k < 8_000; k++) {
      long key = (k << 20) + 1;
      assertThat(table.get(key)).isEqualTo(map.getOrDefault(key, HashTable.NONE));
    }
  }
}
