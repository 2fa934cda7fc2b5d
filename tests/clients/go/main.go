// What clickhouse-go does over HTTP, with each compression: go run . HOST:PORT
package main

import (
	"context"
	"log"
	"os"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func check(holds bool, what string) {
	if !holds {
		log.Fatal(what)
	}
}

func count(rows driver.Rows) int {
	n := 0
	for rows.Next() {
		n++
	}
	return n
}

func try(method clickhouse.CompressionMethod) {
	ctx := context.Background()
	c, err := clickhouse.Open(&clickhouse.Options{
		Addr: []string{os.Args[1]}, Protocol: clickhouse.HTTP,
		Compression: &clickhouse.Compression{Method: method, Level: 1},
	})
	must(err)
	must(c.Ping(ctx))
	must(c.Exec(ctx, "DROP TABLE IF EXISTS go_client"))
	must(c.Exec(ctx, "CREATE TABLE go_client (a UInt64, l LowCardinality(String), "+
		"n Nullable(Int32), m Map(String, UInt8)) ENGINE = MergeTree ORDER BY a"))
	batch, err := c.PrepareBatch(ctx, "INSERT INTO go_client")
	must(err)
	for i := 0; i < 1000; i++ {
		must(batch.Append(uint64(i), "it's", nil, map[string]uint8{"k": 1}))
	}
	must(batch.Send())
	rows, err := c.Query(ctx, "SELECT * FROM go_client")
	must(err)
	check(count(rows) == 1000 && rows.Err() == nil, "rows of the table")
	rows, err = c.Query(ctx, "SELECT name FROM system.columns WHERE table = 'go_client'")
	must(err)
	check(count(rows) == 4, "columns of the table")
	rows, err = c.Query(ctx, "SELECT number, toString(number) FROM numbers(1000000)")
	must(err)
	check(count(rows) == 1000000 && rows.Err() == nil, "a million rows")
	rows, err = c.Query(ctx, "SELECT throwIf(number = 3000000) FROM numbers(10000000)")
	must(err)
	count(rows)
	check(rows.Err() != nil && strings.Contains(rows.Err().Error(), "395"), "a late error")
	brief, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	_, err = c.Query(brief, "SELECT count() FROM numbers(1e15)")
	check(err != nil, "cancelled")
}

func main() {
	for _, method := range []clickhouse.CompressionMethod{
		clickhouse.CompressionNone, clickhouse.CompressionLZ4,
		clickhouse.CompressionZSTD, clickhouse.CompressionGZIP,
	} {
		try(method)
	}
}
