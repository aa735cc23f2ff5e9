use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::response::Redirect;
use axum::routing::{get, post};

use super::app::App;
use super::{dev, health, layers, meaning, protocol_errors};
use crate::admin;
use crate::admin::api::{self, departments};
use crate::consent;
use crate::oidc;
use crate::portal;
use crate::signin;
use crate::web;

/// The whole URL map.
pub fn router(app: &App) -> Router {
    let routes = Router::new()
        .merge(protocol())
        .merge(federation())
        .merge(way_in())
        .merge(own_pages())
        .merge(web::routes())
        .merge(window())
        .merge(city())
        // The operator's
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz));
    let routes = if app.config.settings.dev {
        routes.merge(dev_routes(app))
    } else {
        routes
    };
    let routes = routes
        .fallback(protocol_errors::not_found)
        .method_not_allowed_fallback(protocol_errors::method_not_allowed)
        .with_state(app.clone());
    layers::layered(routes, app)
}

fn protocol() -> Router<App> {
    Router::new()
        .route("/.well-known/openid-configuration", get(oidc::discovery))
        .route("/.well-known/oauth-authorization-server", get(oidc::discovery))
        .route("/oauth2/jwks", get(oidc::jwks))
        .route("/oauth2/authorize", get(oidc::authorize).post(oidc::authorize))
        .route("/oauth2/authorize/{id}", get(oidc::resume))
        .route("/oauth2/authorize/{id}/cancel", get(oidc::cancel))
        .route("/oauth2/par", post(oidc::par))
        .route("/oauth2/token", post(oidc::token))
        .route("/oauth2/device_authorization", post(oidc::device_authorization))
        .route(
            "/oauth2/device",
            get(oidc::show_device).post(oidc::enter_user_code),
        )
        .route(
            "/oauth2/device/{id}",
            get(oidc::look_at_device).post(oidc::confirm_device),
        )
        .route("/oauth2/userinfo", get(oidc::userinfo).post(oidc::userinfo))
        .route("/oauth2/introspect", post(oidc::introspect))
        .route("/oauth2/revoke", post(oidc::revoke))
        .route("/oauth2/register", post(oidc::register_client))
        .route(
            "/oauth2/register/{id}",
            get(oidc::read_registration)
                .put(oidc::replace_registration)
                .delete(oidc::end_registration),
        )
        .route("/ssf/poll", post(oidc::poll))
        .route("/oauth2/logout", get(oidc::logout).post(oidc::logout))
        .route("/oauth2/logout/confirm", post(oidc::confirm_logout))
}

/// The city as a trust anchor.
fn federation() -> Router<App> {
    Router::new()
        .route("/.well-known/openid-federation", get(oidc::entity_configuration))
        .route("/federation/fetch", get(oidc::fetch))
        .route("/federation/list", get(oidc::list))
        .route("/federation/resolve", get(oidc::resolve))
        .route("/federation/trust-mark", get(oidc::trust_mark))
        .route("/federation/trust-mark-status", post(oidc::trust_mark_status))
        .route("/federation/historical-keys", get(oidc::historical_keys))
        .route("/federation/register", post(oidc::register))
}

/// The resident's way in.
fn way_in() -> Router<App> {
    Router::new()
        .route("/signin/{id}", get(signin::show_phone))
        .route("/signin/{id}/phone", post(signin::enter_phone))
        .route(
            "/signin/{id}/code",
            get(signin::show_code).post(signin::enter_code),
        )
        .route("/signin/{id}/resend", post(signin::resend))
        .route(
            "/signin/{id}/whose",
            get(signin::show_whose).post(signin::answer_whose),
        )
        .route("/signin/{id}/passkey", post(signin::sign_in_with_passkey))
        .route("/signin/{id}/passkey/options", post(signin::sign_in_options))
        .route(
            "/signin/{id}/handover",
            get(signin::show_handover).post(signin::begin_handover),
        )
        .route("/signin/{id}/handover/state", get(signin::handover_state))
        .route("/signin/{id}/offer", get(signin::offer).post(signin::enrol))
        .route("/signin/{id}/offer/options", post(signin::enrolment_options))
        .route("/signin/{id}/offer/later", post(signin::enrol_later))
        .route("/signin/{id}/raise", get(signin::raise))
        .route(
            "/signin/{id}/identity",
            get(signin::show_identity).post(signin::prove_identity),
        )
        .route("/signin/{id}/decline", post(signin::decline))
        .route("/signin/{id}/another", post(signin::another_account))
        .route("/signin/{id}/stop", post(signin::stop))
        .route("/consent/{id}", get(consent::question).post(consent::answer))
        .route(
            "/kiosk/enrol/{code}",
            get(signin::show_enrolment).post(signin::enrol_kiosk),
        )
        .route(signin::REST, get(signin::rest))
}

/// The resident's own pages.
fn own_pages() -> Router<App> {
    Router::new()
        .route("/", get(|| async { Redirect::to("/account") }))
        .route("/account", get(portal::home))
        .route("/account/sign-out", post(portal::sign_out))
        .route("/account/sign-out-everywhere", post(portal::sign_out_everywhere))
        .route("/account/sessions/end", post(portal::end_sessions))
        .route("/account/activity", get(portal::show_activity))
        .route("/account/notices/seen", post(portal::see_notices))
        .route("/account/services/withdraw", post(portal::withdraw))
        .route(
            "/account/handover/{id}/{code}",
            get(portal::look_at_handover).post(portal::answer_handover),
        )
        .route(
            "/account/export",
            get(portal::show_export).post(portal::download_export),
        )
        .route("/account/leave", get(portal::ask_leave).post(portal::leave))
        .route(
            "/account/phones",
            get(portal::new_phone).post(portal::send_to_new_phone),
        )
        .route(
            "/account/phones/code",
            get(portal::new_phone_code).post(portal::add_phone),
        )
        .route("/account/phones/remove", post(portal::remove_phone))
        .route("/account/phones/keep", post(portal::keep_phone))
        .route(
            "/account/recover",
            get(portal::show_recovery).post(portal::recover),
        )
        .route("/account/recover/stop", post(portal::stop_recovery))
        .route(
            "/account/identity",
            get(portal::show_identity).post(portal::prove_identity),
        )
        .route("/account/identity/not-mine", post(portal::disown))
        .route("/account/merge", get(portal::show_merge).post(portal::merge))
        .route("/account/merge/offer", get(portal::offer_merge))
        .route("/account/merge/begin", post(portal::begin_merge))
        .route("/account/merge/stop", post(portal::stop_merge))
        .route(
            "/account/passkeys",
            get(portal::new_passkey).post(portal::add_passkey),
        )
        .route("/account/passkeys/options", post(portal::passkey_options))
        .route("/account/passkeys/rename", post(portal::rename_passkey))
        .route("/account/passkeys/remove", post(portal::remove_passkey))
        .route("/.well-known/passkey-endpoints", get(portal::passkey_endpoints))
        .route("/.well-known/webauthn", get(portal::related_origins))
        .route("/n/{token}", get(portal::show_notice).post(portal::lock))
        .route("/acr/{level}", get(meaning::acr))
}

/// Staff at a window.
fn window() -> Router<App> {
    Router::new()
        .route("/admin", get(admin::show_desk))
        .route("/admin/sign-in", get(admin::show_sign_in))
        .route("/admin/sign-in/{id}", post(admin::sign_in))
        .route("/admin/sign-in/{id}/options", post(admin::sign_in_options))
        .route("/admin/sign-out", post(admin::sign_out))
        .route(
            "/admin/enrol/{code}",
            get(admin::show_enrolment).post(admin::enrol),
        )
        .route("/admin/enrol/{code}/options", post(admin::enrolment_options))
        .route("/admin/identity", post(admin::confirm_person))
        .route("/admin/code", post(admin::give_code))
        .route("/admin/disputes", post(admin::decide))
        .route("/admin/disputes/find", post(admin::find_dispute))
}

/// Whoever decides for the city which departments may join, and their programs.
fn city() -> Router<App> {
    Router::new()
        .route(
            "/admin/departments",
            get(admin::show_departments).post(admin::allow_department),
        )
        .route(
            "/admin/departments/{pattern}",
            get(admin::show_department).post(admin::act_on_department),
        )
        .route("/api/admin/v1/openapi.json", get(api::openapi))
        .route("/api/admin/v1/departments", get(departments::list))
        .route(
            "/api/admin/v1/departments/{pattern}",
            get(departments::show)
                .put(departments::put)
                .delete(departments::remove),
        )
        .route(
            "/api/admin/v1/departments/{pattern}/systems",
            get(departments::systems),
        )
        .route(
            "/api/admin/v1/departments/{pattern}/suspend",
            post(departments::suspend),
        )
        .route(
            "/api/admin/v1/departments/{pattern}/resume",
            post(departments::resume),
        )
        .route(
            "/api/admin/v1/departments/{pattern}/trust-keys",
            post(departments::trust_keys),
        )
}

/// Development only.
fn dev_routes(app: &App) -> Router<App> {
    Router::new()
        .route("/dev/outbox", get(signin::outbox))
        .route("/dev/outbox.json", get(signin::outbox_json))
        .route("/dev/clock", get(dev::read_clock).post(dev::move_clock))
        .layer(from_fn_with_state(app.clone(), dev::for_this_machine))
}
