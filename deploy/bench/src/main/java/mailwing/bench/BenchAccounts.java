package mailwing.bench;

import com.google.protobuf.ByteString;
import java.nio.file.Path;
import java.util.stream.IntStream;
import mailwing.cli.AdminClient;
import mailwing.cli.AdminClient.StoreRefusal;
import mailwing.store.v1.AddDomainRequest;
import mailwing.store.v1.AddUserRequest;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.GetUserRequest;

/// Makes the accounts that are measured, in the running quickstart; those that are there already
/// are left alone.
final class BenchAccounts {
  private BenchAccounts() {}

  /// @param users their numbers, from 1
  static void create(Path data, Target target, IntStream users) {
    try (AdminClient admin = AdminClient.at(data)) {
      String first = target.loginOf(1);
      String domain = first.substring(first.indexOf('@') + 1);
      unlessThere(
          () ->
              admin.call(
                  domain,
                  stub -> stub.addDomain(AddDomainRequest.newBuilder().setName(domain).build())));
      ByteString password = ByteString.copyFromUtf8(target.password());
      for (int user : users.toArray()) {
        AddUserRequest add =
            AddUserRequest.newBuilder()
                .setAddress(target.loginOf(user))
                .setPassword(password)
                .build();
        if (!isThere(admin, add.getAddress())) {
          unlessThere(() -> admin.call(add.getAddress(), stub -> stub.addUser(add)));
        }
      }
    }
  }

  /// Asked for first, since adding computes the password's hash before it finds the account.
  private static boolean isThere(AdminClient admin, String address) {
    try {
      admin.call(
          address, stub -> stub.getUser(GetUserRequest.newBuilder().setAddress(address).build()));
      return true;
    } catch (StoreRefusal refusal) {
      if (refusal.code() != ErrorCode.ACCOUNT_NOT_FOUND) {
        throw refusal;
      }
      return false;
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
