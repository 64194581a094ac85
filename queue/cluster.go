package queue

import (
	"context"
	"errors"
	"net/url"
	"strconv"

	"github.com/redis/go-redis/v9"
)

// On a Redis Cluster a script touches one slot. The keys of a lane, of a limit and of a queue of asynq share a hash tag each, so that
// lanes and queues are spread over the nodes; what is about several of them lies somewhere and is written beside, in steps of its own
// that can be repeated: the index of lanes, the list of queues, the roster.

// parseURL returns the addresses of a cluster where the URL names one.
func parseURL(text string) (opts *redis.Options, cluster []string, err error) {
	u, err := url.Parse(text)
	if err == nil && u.Query().Has("addr") {
		return parseCluster(text)
	}
	if opts, err = redis.ParseURL(text); err != nil {
		// Not wrapped: the parser's text repeats the URL and with it the password.
		return nil, nil, errors.New("redis url is not of the form redis[s]://[user:password@]host:port[/db]")
	}
	return opts, nil, nil
}

func parseCluster(text string) (*redis.Options, []string, error) {
	c, err := redis.ParseClusterURL(text)
	if err != nil {
		return nil, nil, errors.New("redis url is not of the form redis[s]://[user:password@]host:port?addr=host:port[&addr=host:port]")
	}
	return &redis.Options{Addr: c.Addrs[0], Username: c.Username, Password: c.Password, TLSConfig: c.TLSConfig}, c.Addrs, nil
}

// clusterOptions are those of a client of one server, for all nodes. What is tried again is tried by the client of the cluster,
// because another node may have taken over meanwhile.
func clusterOptions(o redis.Options, nodes []string) *redis.ClusterOptions {
	return &redis.ClusterOptions{
		Addrs: nodes, Dialer: o.Dialer, Username: o.Username, Password: o.Password, TLSConfig: o.TLSConfig,
		MaxRedirects: o.MaxRetries, MinRetryBackoff: o.MinRetryBackoff, MaxRetryBackoff: o.MaxRetryBackoff,
		DialTimeout: o.DialTimeout, ReadTimeout: o.ReadTimeout, WriteTimeout: o.WriteTimeout, ContextTimeoutEnabled: o.ContextTimeoutEnabled,
		PoolSize: o.PoolSize, ReadBufferSize: o.ReadBufferSize, WriteBufferSize: o.WriteBufferSize,
		PipelineReadBufferSize: o.PipelineReadBufferSize, PipelineWriteBufferSize: o.PipelineWriteBufferSize,
		Protocol: o.Protocol, DisableIdentity: o.DisableIdentity, MaintNotificationsConfig: o.MaintNotificationsConfig,
	}
}

func clustered(conn redis.UniversalClient) bool {
	_, ok := conn.(*redis.ClusterClient)
	return ok
}

// eachNode calls f for the server, or for every node of the cluster that takes writes, side by side.
func (r *Redis) eachNode(ctx context.Context, f func(context.Context, *redis.Client) error) error {
	switch conn := r.patient.(type) {
	case *redis.ClusterClient:
		return conn.ForEachMaster(ctx, f)
	case *redis.Client:
		return f(ctx, conn)
	default:
		return errors.New("no client of redis")
	}
}

// nodeOf returns the client of the node that has a key.
func nodeOf(ctx context.Context, conn redis.UniversalClient, key string) (redis.UniversalClient, error) {
	if c, ok := conn.(*redis.ClusterClient); ok {
		return c.MasterForKey(ctx, key)
	}
	return conn, nil
}

// sentinelSpread is how many sentinels a cluster has: enough for each of a few dozen nodes to have one.
const sentinelSpread = 256

// sentinels are the keys that are gone when Redis, or one node of it, lost its data.
func (r *Redis) sentinels() []string {
	keys := []string{sentinelKey}
	if len(r.cluster) > 0 {
		for i := range sentinelSpread {
			keys = append(keys, sentinelKey+":"+strconv.Itoa(i))
		}
	}
	return keys
}
