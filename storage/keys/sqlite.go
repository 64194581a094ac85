package keys

import (
	"database/sql/driver"
	"sync"
	"time"

	"modernc.org/sqlite"
)

// PrepareSQLite gives SQLite the function now_us that Postgres gets by migration. Registration is global to the process
// and must not happen while somebody opens a connection, so whoever opens a SQLite database calls this first, here and
// in package storage. It does its work once.
var PrepareSQLite = sync.OnceFunc(func() {
	sqlite.MustRegisterScalarFunction("now_us", 0, func(*sqlite.FunctionContext, []driver.Value) (driver.Value, error) {
		return time.Now().UnixMicro(), nil
	})
})
