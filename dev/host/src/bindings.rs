//! Spin's interfaces as Rust traits and types, generated from `wit/`.

wasmtime::component::bindgen!({
    path: "wit",
    world: "host",
    imports: { default: async | trappable },
    with: {
        "spin:postgres/postgres.connection": crate::postgres::connection::Connection,
        "spin:postgres/postgres.connection-builder": crate::postgres::connection::ConnectionBuilder,
    },
});
