package mailwing.store.persistence;

import java.nio.ByteBuffer;
import java.sql.Array;
import java.sql.Connection;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;

/// Arrays that the database makes of many rows' numbers and that come as one value: no row is
/// handed over for each.
final class BinaryArrays {
  /// PostgreSQL's binary form of an array: five numbers, then each element behind its length.
  static final int HEAD = 20;

  private BinaryArrays() {}

  /// What `array_send(array_agg(...))` gives for numbers, none of them null.
  static long[] numbers(byte @Nullable [] array) {
    if (array == null || array.length <= HEAD) {
      return new long[0];
    }
    ByteBuffer in = ByteBuffer.wrap(array);
    long[] numbers = new long[in.getInt(HEAD - 2 * Integer.BYTES)];
    in.position(HEAD);
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = in.getInt() == Long.BYTES ? in.getLong() : in.getInt();
    }
    return numbers;
  }

  /// What makes one value of the numbers of many rows, eight octets each: that costs PostgreSQL
  /// half of what an array does, which calls a function for each element again and puts a length
  /// before it.
  ///
  /// @param number SQL of a bigint, never null
  static String string(String number) {
    return "string_agg(int8send(" + number + "), NULL)";
  }

  /// What [#string] gives.
  static long[] strung(byte @Nullable [] string) {
    if (string == null) {
      return new long[0];
    }
    long[] numbers = new long[string.length / Long.BYTES];
    ByteBuffer.wrap(string).asLongBuffer().get(numbers);
    return numbers;
  }

  /// An int8[] as a parameter, which goes as octets too.
  static Array parameter(Connection connection, long[] numbers) throws SQLException {
    return connection.unwrap(PGConnection.class).createArrayOf("int8", numbers);
  }
}
