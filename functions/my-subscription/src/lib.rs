//! `/my/subscription`.

mod subscription;

edge::routes! {
    GET read "/my/subscription" => subscription::handle;
}
