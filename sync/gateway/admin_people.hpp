#pragma once

#include "sync/gateway/projection_service.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <vector>

// What the rows of the administrators' API about customers share.
namespace till::sync::detail {

/// Whom a request names: by her id ("customer"), or by any identifier ("type", "value", "country").
Result<std::vector<CustomerId>> customer_family(ProjectionService::Desk& desk,
                                                const boost::json::value& body);
/// All that the tables say of her.
boost::json::object customer_json(const CustomerView& view, const std::vector<CustomerId>& family);

}  // namespace till::sync::detail
