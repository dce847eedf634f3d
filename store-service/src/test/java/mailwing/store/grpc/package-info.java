/// Tests.
@NullMarked
package mailwing.store.grpc;

import org.jspecify.annotations.NullMarked;
