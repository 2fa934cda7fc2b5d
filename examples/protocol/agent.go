// An agent without pilotfish's SDK, as docs/protocol.md says: go run agent.go
package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"github.com/twmb/franz-go/pkg/kgo"
	"os"
	"strings"
	"time"
)

type fields = map[string]any

const problem, events, replies = "How often is there an s in Mississippi?", "pilotfish.events", "pilotfish.advice.replies"

var ctx, clientID, attempt, tenant = context.Background(), rand.Text(), rand.Text(), cmp.Or(os.Getenv("PILOTFISH_TENANT"), "default")
var begin = kgo.NewOffset().AfterMilli(time.Now().UnixMilli() - 60_000) // clocks differ
var kafka, _ = kgo.NewClient(kgo.SeedBrokers(strings.Split(cmp.Or(os.Getenv("PILOTFISH_KAFKA"), "127.0.0.1:29092"), ",")...),
	kgo.RecordPartitioner(kgo.StickyKeyPartitioner(nil)), // murmur2
	kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{replies: {0: begin}}))

func send(topic, key, schema string, value fields) {
	value["tenant"], value["attempt_id"], value["at"] = tenant, attempt, time.Now().UTC()
	text, _ := json.Marshal(value)
	headers := []kgo.RecordHeader{{Key: "schema", Value: []byte(schema)}, {Key: "version", Value: []byte("1")}}
	kafka.ProduceSync(ctx, &kgo.Record{Topic: topic, Key: []byte(key), Headers: headers, Value: text})
}

func advice(approaches fields, deadline time.Duration) (hint fields) {
	id := rand.Text()
	send("pilotfish.advice.requests", id, "AdviceRequested", fields{"request_id": id, "client_id": clientID,
		"problem": problem, "approaches": approaches, "reply_topic": replies, "reply_partition": 0})
	waiting, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	for waiting.Err() == nil {
		for _, record := range kafka.PollFetches(waiting).Records() {
			if string(record.Key) == clientID && json.Unmarshal(record.Value, &hint) == nil && hint["request_id"] == id {
				return hint
			}
		}
	}
	return fields{"request_id": id, "advisor_version": "", "holdout": false, "candidates": []any{}}
}

func main() {
	send(events, attempt, "AttemptStarted", fields{"event_id": rand.Text(), "problem": problem, "agent": fields{"name": "go"}})
	hint := advice(fields{"count": "count the letters", "guess": "guess"}, 10*time.Second)
	mark := fields{"request_id": hint["request_id"], "approach": hint["approach"], "holdout": hint["holdout"], "advisor_version": hint["advisor_version"]}
	for _, candidate := range hint["candidates"].([]any) {
		if candidate.(fields)["approach"] == hint["approach"] {
			mark["propensity"] = candidate.(fields)["propensity"]
		}
	}
	send(events, attempt, "StepRecorded", fields{"event_id": rand.Text(), "kind": "answer", "name": "count", "content": "4"})
	send(events, attempt, "AttemptEnded", fields{"event_id": rand.Text(), "status": "succeeded", "hint": mark,
		"approach": cmp.Or(hint["approach"], "count")}) // an abstention: go on unguided
}
