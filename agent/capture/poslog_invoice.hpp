#pragma once

#include "agent/capture/mapping.hpp"
#include "agent/capture/xml_tree.hpp"
#include "sync/wire/commands.pb.h"

#include <string>
#include <string_view>

namespace till {

namespace v1 = tillstream::v1;

/// The namespace of ARTS/NRF POSLog 6 documents.
inline constexpr std::string_view poslog_space = "http://www.nrf-arts.org/IXRetail/namespace/";

/// TransactionID, or where there is none SequenceNumber.
std::string poslog_number(const XmlElement& transaction);

/// A Transaction with a RetailTransaction as a command. Amounts, quantities and rates stay the text that
/// they are. Fails with malformed, naming the element and never what it says, for one that holds no
/// retail transaction, has no number or time, or was voided after the fact (POSLog does not say which sale
/// is to be taken back in a way that could be done without a person). Private to the module.
Result<v1::RecordTransaction> poslog_transaction(const XmlElement& transaction,
                                                 const PoslogMapping& mapping);

/// The same without what says who the customer is.
XmlElement without_customer(XmlElement transaction);

}  // namespace till
