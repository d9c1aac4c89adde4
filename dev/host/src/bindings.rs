//! Spin's interfaces as Rust traits and types, generated from `wit/`.

#![expect(clippy::all, clippy::pedantic, reason = "generated")]

wasmtime::component::bindgen!({
    path: "wit",
    world: "host",
    imports: { default: async | trappable },
    with: {
        "spin:postgres/postgres.connection": crate::postgres::connection::Connection,
        "spin:postgres/postgres.connection-builder": crate::postgres::connection::ConnectionBuilder,
    },
});
