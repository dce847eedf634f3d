/// Tests of the store on a real PostgreSQL.
@NullMarked
package mailwing.store;

import org.jspecify.annotations.NullMarked;
