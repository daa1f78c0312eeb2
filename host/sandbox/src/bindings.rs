//! What is generated from the WIT: the connector, the log, and wasi:config, which wasmtime's own crate keeps to
//! itself.
#![allow(missing_docs)]

wasmtime::component::bindgen!({
    inline: "
        package remit:host;

        world plugin {
            import remit:connector/log@0.1.0;
            import wasi:config/store@0.2.0-rc.1;
            export remit:connector/connector@0.1.0;
        }
    ",
    path: "../../wit",
    world: "remit:host/plugin",
    imports: { default: trappable },
    exports: { default: async },
    require_store_data_send: true,
});
