package mailwing.store.grpc;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import java.util.ArrayList;
import java.util.List;
import mailwing.store.v1.AuthenticationOuterClass;
import mailwing.store.v1.Common;
import mailwing.store.v1.DeliveryOuterClass;
import mailwing.store.v1.DirectoryOuterClass;
import mailwing.store.v1.DkimOuterClass;
import mailwing.store.v1.Events;
import mailwing.store.v1.MailboxesOuterClass;
import mailwing.store.v1.MessagesOuterClass;
import mailwing.store.v1.Mime;
import mailwing.store.v1.QueueOuterClass;
import mailwing.store.v1.Search;
import mailwing.store.v1.SharingOuterClass;
import mailwing.store.v1.Tls;
import mailwing.store.v1.TraceOuterClass;
import mailwing.store.v1.UrlsOuterClass;

/// The contract as its descriptors have it.
final class Contract {
  private Contract() {}

  static List<FileDescriptor> files() {
    return List.of(
        AuthenticationOuterClass.getDescriptor(),
        Common.getDescriptor(),
        DeliveryOuterClass.getDescriptor(),
        DirectoryOuterClass.getDescriptor(),
        DkimOuterClass.getDescriptor(),
        Events.getDescriptor(),
        MailboxesOuterClass.getDescriptor(),
        MessagesOuterClass.getDescriptor(),
        Mime.getDescriptor(),
        QueueOuterClass.getDescriptor(),
        Search.getDescriptor(),
        SharingOuterClass.getDescriptor(),
        Tls.getDescriptor(),
        TraceOuterClass.getDescriptor(),
        UrlsOuterClass.getDescriptor());
  }

  /// All that a client may rely on, a line each, in order.
  static List<String> lines() {
    List<String> lines = new ArrayList<>();
    for (FileDescriptor file : files()) {
      for (var service : file.getServices()) {
        for (var method : service.getMethods()) {
          lines.add(
              "rpc "
                  + service.getFullName()
                  + "/"
                  + method.getName()
                  + (method.isClientStreaming() ? " stream " : " ")
                  + method.getInputType().getFullName()
                  + " ->"
                  + (method.isServerStreaming() ? " stream " : " ")
                  + method.getOutputType().getFullName());
        }
      }
      file.getMessageTypes().forEach(m -> message(m, lines));
      file.getEnumTypes().forEach(e -> enumeration(e, lines));
    }
    return lines.stream().sorted().toList();
  }

  private static void message(Descriptor message, List<String> lines) {
    lines.add("message " + message.getFullName());
    for (FieldDescriptor field : message.getFields()) {
      lines.add(
          "field "
              + message.getFullName()
              + " = "
              + field.getNumber()
              + " "
              + field.getName()
              + " "
              + type(field)
              + (field.isRepeated() ? " repeated" : "")
              + (field.getRealContainingOneof() == null
                  ? ""
                  : " oneof " + field.getRealContainingOneof().getName())
              + (field.toProto().getProto3Optional() ? " optional" : ""));
    }
    message.getNestedTypes().forEach(m -> message(m, lines));
    message.getEnumTypes().forEach(e -> enumeration(e, lines));
  }

  private static String type(FieldDescriptor field) {
    return switch (field.getType()) {
      case MESSAGE -> field.getMessageType().getFullName();
      case ENUM -> field.getEnumType().getFullName();
      default -> field.getType().name().toLowerCase(java.util.Locale.ROOT);
    };
  }

  private static void enumeration(EnumDescriptor enumeration, List<String> lines) {
    lines.add("enum " + enumeration.getFullName());
    enumeration
        .getValues()
        .forEach(
            v ->
                lines.add(
                    "value "
                        + enumeration.getFullName()
                        + " = "
                        + v.getNumber()
                        + " "
                        + v.getName()));
  }
}
