package mailwing.gateway;

import java.io.IOException;

/// A part of serving a connection, for one thread.
@FunctionalInterface
public interface Part {
  void run() throws IOException;
}
