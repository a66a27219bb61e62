#include "drivers/registry/display_service.hpp"

namespace till::drivers::detail {

namespace {

asio::awaitable<Result<void>> tell(std::shared_ptr<LineDisplay> display, DeviceOrder order) {
    auto* const shown = std::get_if<ShowLines>(&order);
    if (shown == nullptr) co_return Error{Errc::unsupported, "a display does not do that"};
    co_return co_await display->show(std::move(shown->lines), shown->brightness);
}

}  // namespace

Obey obey_by_showing(std::shared_ptr<LineDisplay> display) {
    return [display = std::move(display)](DeviceOrder order) { return tell(display, order); };
}

}  // namespace till::drivers::detail
