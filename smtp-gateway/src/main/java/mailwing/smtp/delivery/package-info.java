/// From a message's octets to the store: the only place that knows the contract.
@NullMarked
package mailwing.smtp.delivery;

import org.jspecify.annotations.NullMarked;
