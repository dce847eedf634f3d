/// The message store: owns PostgreSQL and speaks the contract.
@NullMarked
package mailwing.store;

import org.jspecify.annotations.NullMarked;
