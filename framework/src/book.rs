//! The Rust examples of the book, compiled as documentation tests (`cargo test --doc`). A test of the suite sees to it that
//! no page is missing here.

macro_rules! pages {
    ($($name:ident: $path:literal,)+) => {$(
        #[doc = include_str!(concat!("../../docs/src/", $path))]
        mod $name {}
    )+};
}

pages! {
    guide_associations: "guide/associations.md",
    guide_queries: "guide/queries.md",
    guide_realtime: "guide/realtime.md",
    guide_scaling_out: "guide/scaling-out.md",
    pubsub_deprecated: "reference/pubsub/deprecated.md",
    pubsub_publish: "reference/pubsub/publish.md",
    pubsub_room_name: "reference/pubsub/room-name.md",
    pubsub_subscribe: "reference/pubsub/subscribe.md",
    pubsub_unsubscribe: "reference/pubsub/unsubscribe.md",
    pubsub_watch: "reference/pubsub/watch.md",
    sockets_add_room_members_to_rooms: "reference/sockets/add-room-members-to-rooms.md",
    sockets_blast: "reference/sockets/blast.md",
    sockets_broadcast: "reference/sockets/broadcast.md",
    sockets_deprecated: "reference/sockets/deprecated.md",
    sockets_disconnect: "reference/sockets/disconnect.md",
    sockets_get: "reference/sockets/get.md",
    sockets_get_id: "reference/sockets/get-id.md",
    sockets_join: "reference/sockets/join.md",
    sockets_leave: "reference/sockets/leave.md",
    sockets_leave_all: "reference/sockets/leave-all.md",
    sockets_lifecycle: "reference/sockets/lifecycle.md",
    sockets_remove_room_members_from_rooms: "reference/sockets/remove-room-members-from-rooms.md",
    sockets_send: "reference/sockets/send.md",
    sockets_subscribers: "reference/sockets/subscribers.md",
}
