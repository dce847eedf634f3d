package mailwing.cli;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import com.google.protobuf.util.JsonFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;

/// `run.json` in a data directory: how to reach the system that runs on it. Only its owner can read
/// it.
///
/// @param server host and port of the store's gRPC
/// @param credential an administrator's credential (mwa_...)
/// @param pid the process that runs the system
public record RunFile(String server, String credential, long pid) {
  /// Its name in a data directory.
  public static final String NAME = "run.json";

  /// Reads it, or throws with one line that says what to do.
  public static RunFile read(Path data) {
    var file = data.resolve(NAME);
    try {
      var json = Struct.newBuilder();
      JsonFormat.parser().merge(Files.readString(file), json);
      var fields = json.getFieldsMap();
      var none = Value.getDefaultInstance();
      var server = fields.getOrDefault("server", none).getStringValue();
      var credential = fields.getOrDefault("credential", none).getStringValue();
      if (server.isEmpty() || credential.isEmpty()) {
        throw new CliException(file + " names no server or credential: start `mailwing up` again");
      }
      return new RunFile(
          server, credential, (long) fields.getOrDefault("pid", none).getNumberValue());
    } catch (InvalidProtocolBufferException e) {
      throw new CliException(file + " is not readable: start `mailwing up` again");
    } catch (java.nio.file.AccessDeniedException e) {
      throw new CliException(file + " belongs to another user: run this as the user who runs it");
    } catch (IOException e) {
      throw new CliException(
          "no Mailwing runs in "
              + data
              + " (no "
              + NAME
              + "): start it with `mailwing up`, or name it with --data DIR or --server HOST:PORT");
    }
  }

  /// Writes it whole, with mode 0600.
  public void write(Path data) throws IOException {
    var json =
        Struct.newBuilder()
            .putFields("server", Value.newBuilder().setStringValue(server).build())
            .putFields("credential", Value.newBuilder().setStringValue(credential).build())
            .putFields("pid", Value.newBuilder().setNumberValue((double) pid).build())
            .build();
    var work = data.resolve(NAME + ".new");
    Files.deleteIfExists(work);
    Files.createFile(
        work, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(work, JsonFormat.printer().print(json) + "\n", StandardOpenOption.SYNC);
    Files.move(
        work,
        data.resolve(NAME),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
  }

  /// Neither logs nor messages show the credential.
  @Override
  public String toString() {
    return "RunFile[server=" + server + ", pid=" + pid + "]";
  }
}
