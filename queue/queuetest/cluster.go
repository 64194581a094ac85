package queuetest

import (
	"context"
	"crypto/rand"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// clusterNodes is how many nodes a cluster has, each with as many slots.
const clusterNodes = 3

// StartCluster starts a Redis Cluster of three nodes and returns its address, password included.
func StartCluster(tb testing.TB, args ...string) string {
	tb.Helper()
	const slots = 16384
	password := rand.Text()
	var nodes []*redis.Client
	var addrs, buses []string
	for i := range clusterNodes {
		bus := strconv.Itoa(freePort(tb))
		s := StartReal(tb, append([]string{"--requirepass", password, "--cluster-enabled", "yes", "--cluster-port", bus}, args...)...)
		node := redis.NewClient(&redis.Options{Addr: s.Addr(), Password: password})
		tb.Cleanup(func() { _ = node.Close() })
		nodes, addrs, buses = append(nodes, node), append(addrs, s.Addr()), append(buses, bus)
		if err := node.ClusterAddSlotsRange(tb.Context(), i*slots/clusterNodes, (i+1)*slots/clusterNodes-1).Err(); err != nil {
			tb.Fatalf("queuetest: slots of a node: %v", err)
		}
		host, port, _ := strings.Cut(addrs[0], ":")
		if err := node.Do(tb.Context(), "CLUSTER", "MEET", host, port, buses[0]).Err(); err != nil {
			tb.Fatalf("queuetest: nodes do not meet: %v", err)
		}
	}
	for _, node := range nodes {
		awaitCluster(tb, node)
	}
	u := url.URL{Scheme: "redis", User: url.UserPassword("", password), Host: addrs[0], RawQuery: url.Values{"addr": addrs[1:]}.Encode()}
	return u.String()
}

// awaitCluster waits until a node knows of all the others, and that every slot has one.
func awaitCluster(tb testing.TB, node *redis.Client) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), time.Minute)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		said, err := node.ClusterInfo(ctx).Result()
		if err == nil && strings.Contains(said, "cluster_state:ok") && strings.Contains(said, "cluster_known_nodes:"+strconv.Itoa(clusterNodes)) {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			tb.Fatalf("queuetest: the cluster does not form: %v\n%s", err, said)
		}
	}
}
