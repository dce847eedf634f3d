package mailwing.cli;

import com.google.protobuf.ByteString;
import java.io.BufferedReader;
import java.io.Console;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// Where a new password comes from: asked for twice without echo, or one line of the standard
/// input.
final class Passwords {
  private Passwords() {}

  static ByteString read(boolean fromInput, String address) {
    var password = fromInput ? fromInput() : asked(address);
    if (password.isEmpty()) {
      throw new CliException("an empty password is none");
    }
    return ByteString.copyFromUtf8(password);
  }

  private static String fromInput() {
    try {
      // A fresh reader takes more than its line, and nothing after the line is ours to keep.
      var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
      var line = in.readLine();
      return line == null ? "" : line;
    } catch (IOException e) {
      throw new CliException("cannot read the password: " + e.getMessage());
    }
  }

  // Annotated as nullable, and said never to be null since JDK 22: both checkers are content so.
  @SuppressWarnings("SystemConsoleNull")
  private static String asked(String address) {
    Console console = System.console();
    if (console == null || !console.isTerminal()) {
      throw new CliException("there is no terminal to ask for the password: use --password-stdin");
    }
    var first = console.readPassword("Password for %s: ", address);
    var second = console.readPassword("Once more: ");
    if (first == null || second == null || !Arrays.equals(first, second)) {
      throw new CliException("the two passwords differ: nothing was changed");
    }
    return new String(first);
  }
}
