//! `/portal/...`: the portal's static files and its settings. The gateway or Ingress maps the host `app.` to it.

mod answer;
mod cache;
mod config;
mod encoding;
mod file;
mod location;
mod policy;
mod site;

edge::routes! {
    GET read "/portal/config.json" => config::handle;
    GET read "/portal" => file::handle;
    GET read "/portal/{a}" => file::handle;
    GET read "/portal/{a}/{b}" => file::handle;
    GET read "/portal/{a}/{b}/{c}" => file::handle;
    GET read "/portal/{a}/{b}/{c}/{d}" => file::handle;
    GET read "/portal/{a}/{b}/{c}/{d}/{e}" => file::handle;
    GET read "/portal/{a}/{b}/{c}/{d}/{e}/{f}" => file::handle;
}
