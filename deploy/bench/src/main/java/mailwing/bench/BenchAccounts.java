package mailwing.bench;

import com.google.protobuf.ByteString;
import java.nio.file.Path;
import mailwing.cli.AdminClient;
import mailwing.cli.AdminClient.StoreRefusal;
import mailwing.store.v1.AddDomainRequest;
import mailwing.store.v1.AddUserRequest;
import mailwing.store.v1.ErrorCode;

/// Makes the accounts that are measured, in the running quickstart; those that are there already
/// are left alone.
final class BenchAccounts {
  private BenchAccounts() {}

  /// @param count how many, from the first
  static void create(Path data, Target target, int count) {
    try (AdminClient admin = AdminClient.at(data)) {
      String first = target.loginOf(1);
      String domain = first.substring(first.indexOf('@') + 1);
      unlessThere(
          () ->
              admin.call(
                  domain,
                  stub -> stub.addDomain(AddDomainRequest.newBuilder().setName(domain).build())));
      ByteString password = ByteString.copyFromUtf8(target.password());
      for (int user = 1; user <= count; user++) {
        AddUserRequest add =
            AddUserRequest.newBuilder()
                .setAddress(target.loginOf(user))
                .setPassword(password)
                .build();
        unlessThere(() -> admin.call(add.getAddress(), stub -> stub.addUser(add)));
      }
    }
  }

  private static void unlessThere(Runnable make) {
    try {
      make.run();
    } catch (StoreRefusal refusal) {
      if (refusal.code() != ErrorCode.ALREADY_EXISTS) {
        throw refusal;
      }
    }
  }
}
