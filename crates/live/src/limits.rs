//! Every bound of the hub, in one place.

/// How much the hub keeps, sends and takes. The defaults are meant for production; tests make them small.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Sockets one person may have open on this node.
    pub sockets_per_person: usize,
    /// Streams one socket may watch: a hundred, and the two that every page watches besides.
    pub streams_per_socket: usize,
    /// Frames that wait for one socket before it counts as behind.
    pub queue_frames: usize,
    /// Bytes that wait for one socket before it counts as behind. A single larger frame still passes through an empty queue.
    pub queue_bytes: usize,
    /// Entries of a watched stream that stay encoded in memory.
    pub ring_entries: usize,
    /// Bytes of a watched stream that stay encoded in memory.
    pub ring_bytes: usize,
    /// Who is more entries behind than this is told to take a snapshot.
    pub behind_entries: usize,
    /// Who is more bytes behind than this is told to take a snapshot. A stream's ring may grow to this for some seconds
    /// while somebody catches up, so that a thousand who come back at once are served by one read.
    pub behind_bytes: usize,
    /// Entries in one frame, and in one read of the feed.
    pub frame_entries: usize,
    /// Bytes of entries in one frame. A single larger entry travels alone.
    pub frame_bytes: usize,
    /// Deliveries in one go; a larger project's are shared among the cores, and others have their turns in between.
    pub deliveries_per_turn: usize,
    /// Reads of the feed at the same moment, over all streams, so that a storm leaves the database to people.
    pub concurrent_reads: usize,
    /// People who are shown to be in one stream; who comes when it is full is not.
    pub people_per_stream: usize,
    /// Things that one person is shown to be doing in one stream.
    pub doings_per_person: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            sockets_per_person: 32,
            streams_per_socket: 102,
            queue_frames: 64,
            queue_bytes: 256 * 1024,
            ring_entries: 512,
            ring_bytes: 256 * 1024,
            behind_entries: 2_000,
            behind_bytes: 1024 * 1024,
            frame_entries: 128,
            frame_bytes: 32 * 1024,
            // Half a millisecond of sending.
            deliveries_per_turn: 64,
            concurrent_reads: 8,
            people_per_stream: 500,
            doings_per_person: 8,
        }
    }
}
