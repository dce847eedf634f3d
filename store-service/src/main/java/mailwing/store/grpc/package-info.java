/// The contract's edge: services, credentials, scopes, deadlines, errors.
@NullMarked
package mailwing.store.grpc;

import org.jspecify.annotations.NullMarked;
